/// A value that cannot cross between Swift and Python.
public struct PythonConversionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where it stands: `value[1]["k"][0]`.
  public let path: String
  /// Why it cannot cross.
  public let reason: String

  /// Made of its parts.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}
