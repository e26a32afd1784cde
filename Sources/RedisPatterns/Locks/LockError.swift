/// A promise of a lock that could not be kept. "Somebody else holds it" is no error, see `LockAttempt`.
public struct LockError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable across releases and equal in Python.
  public enum Code: String, Sendable, CaseIterable {
    /// The lease ended before the work did: somebody else may have worked at the same time. What was written with its
    /// fence is refused by a resource that checks fences.
    case lost = "LOCKLOST"
    /// The lock was not granted within the wait.
    case timedOut = "LOCKWAIT"
    /// Too few nodes of a Redlock could vote, to the end of the wait.
    case noQuorum = "LOCKQUORUM"
  }

  /// What kind of failure; the same word in Python.
  public let code: Code
  /// What happened, in one sentence.
  public let message: String

  /// See `code` and `message`.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(code.rawValue): \(message)" }
}
