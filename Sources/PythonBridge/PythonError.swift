/// An exception that Python code raised and did not catch.
public struct PythonError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One exception of the chain that led to it.
  public struct Cause: Sendable, Hashable {
    /// `ValueError`, or with its module.
    public let type: String
    /// `str()` of the exception.
    public let message: String

    /// Made of its parts.
    public init(type: String, message: String) {
      self.type = type
      self.message = message
    }
  }

  /// `ValueError`, or with its module: `redis.exceptions.ConnectionError`.
  public let type: String
  /// `str()` of the exception.
  public let message: String
  /// What Python prints, causes included; ends with a line feed.
  public let traceback: String
  /// The exceptions it arose from, nearest first (`__cause__`, else `__context__`).
  public let causes: [Cause]
  /// The status with which `python3` would have ended: of `SystemExit` its code, of `KeyboardInterrupt` 130, else 1.
  public let exitCode: Int32
  /// What to do about it, where the bridge knows: which environment lacks the module.
  public let hint: String?

  public var description: String {
    let head = message.isEmpty ? type : "\(type): \(message)"
    return [head, hint].compactMap { $0 }.joined(separator: "\n") + "\n" + traceback
  }
}
