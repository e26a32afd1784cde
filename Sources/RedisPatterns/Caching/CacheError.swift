/// Why a cache has no value to give, although the store answered.
public struct CacheError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable across releases and equal in Python.
  public enum Code: String, Sendable, CaseIterable {
    /// The last load failed a moment ago, here or elsewhere; the source is not asked again before `retryAfter`.
    case backoff = "CACHEBACKOFF"
    /// The entry was written with another codec, or cannot be decoded; or the value cannot be encoded.
    case codec = "CACHECODEC"
    /// Another load did not end within the wait.
    case timedOut = "CACHEWAIT"
  }

  /// What kind of failure; the same word in Python.
  public let code: Code
  /// What happened, in one sentence.
  public let message: String
  /// With `backoff` only.
  public let retryAfter: Duration?

  /// See `code`, `message` and `retryAfter`.
  public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  static let waitedTooLong = CacheError(.timedOut, "another load did not end within the wait")

  public var description: String { "\(code.rawValue): \(message)" }
}
