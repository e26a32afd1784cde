/// Python cannot start in this process, or not any more. A failed start is remembered: later calls throw the same.
public struct PythonStartError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, with the versions and paths concerned.
  public let problem: String
  /// The command or change that mends it.
  public let remedy: String

  /// Made of its parts.
  public init(_ problem: String, remedy: String) {
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String { "\(problem)\n  \(remedy)" }
}
