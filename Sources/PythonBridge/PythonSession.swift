/// Python, for the time of one ``PythonInterpreter/perform(_:)``: calls without a change of thread.
public struct PythonSession {
  @PythonActor init() {}

  /// Calls a function of a module.
  /// - Throws: `PythonError`, `PythonConversionError`.
  @PythonActor @discardableResult
  public func call(
    _ module: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) throws -> PythonValue {
    try PythonRuntime.call(module, function, arguments, keywords, discards: false)
  }

  /// The same, whatever it returns: the result need not cross.
  @PythonActor
  public func callDiscardingResult(
    _ module: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) throws {
    _ = try PythonRuntime.call(module, function, arguments, keywords, discards: true)
  }

  /// Calls a function of a file, which is loaded afresh.
  /// - Throws: `PythonError`, `PythonConversionError`.
  @PythonActor @discardableResult
  public func call(
    file: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) throws -> PythonValue {
    let named = keywords.map { (PythonValue.string($0.key), $0.value) }
    return try PythonRuntime.call(
      "_redis_patterns_runs", "call_file",
      [
        .string(file), .string(function), .tuple(arguments),
        .dict(Dictionary(uniqueKeysWithValues: named)),
      ], [:], discards: false)
  }
}
