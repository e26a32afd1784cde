import Synchronization

/// What Python passed to an exported Swift function.
public struct PythonArguments: Sendable {
  /// In order.
  public let positional: [PythonValue]
  /// By name.
  public let keywords: [String: PythonValue]

  /// For tests of your own functions.
  public init(_ positional: [PythonValue] = [], keywords: [String: PythonValue] = [:]) {
    self.positional = positional
    self.keywords = keywords
  }

  /// The argument at a position; an error that Python sees as `TypeError` when it is missing.
  public subscript(index: Int) -> PythonValue {
    get throws(PythonConversionError) {
      guard positional.indices.contains(index) else {
        throw PythonConversionError(path: "arguments[\(index)]", reason: "missing")
      }
      return positional[index]
    }
  }

  /// The str at a position; an error that Python sees as `TypeError` otherwise.
  public func string(_ index: Int) throws(PythonConversionError) -> String {
    try read(index, "str", \.string)
  }

  /// The int at a position; an error that Python sees as `TypeError` otherwise.
  public func int(_ index: Int) throws(PythonConversionError) -> Int {
    try read(index, "int of 64 bits", \.int)
  }

  /// The float at a position, or an int that a float holds exactly; else an error that Python sees as `TypeError`.
  public func double(_ index: Int) throws(PythonConversionError) -> Double {
    try read(index, "float", \.double)
  }

  private func read<Value>(
    _ index: Int, _ wanted: String, _ path: KeyPath<PythonValue, Value?>
  ) throws(PythonConversionError) -> Value {
    let value = try self[index]
    guard let read = value[keyPath: path] else {
      throw PythonConversionError(
        path: "arguments[\(index)]", reason: "is a \(value.typeName), not a \(wanted)")
    }
    return read
  }
}

/// Swift functions that Python code calls by name:
///
/// ```python
/// from _redis_patterns_bridge import acall, call
/// call("add", 1, 2)            # waits
/// await acall("add", 1, 2)     # lets the event loop go on
/// ```
///
/// An error thrown in Swift is raised as `SwiftError`; a ``PythonConversionError`` as `TypeError`. A function may not
/// call Python while Python waits for it (``PythonReentrancyError``).
public enum SwiftExports {
  /// A function that Python waits for.
  public typealias Function = @Sendable (PythonArguments) throws -> PythonValue
  /// A function that Python may await.
  public typealias AsyncFunction = @Sendable (PythonArguments) async throws -> PythonValue

  enum Export: Sendable {
    case sync(Function)
    case async(AsyncFunction)
  }

  private static let table = Mutex<[String: Export]>([:])

  /// Runs on the Python thread that calls it, with Python's lock released. Replaces a function of the same name.
  public static func export(_ name: String, _ function: @escaping Function) {
    table.withLock { $0[name] = .sync(function) }
  }

  /// Runs as a task on Swift's pool. Replaces a function of the same name.
  public static func exportAsync(_ name: String, _ function: @escaping AsyncFunction) {
    table.withLock { $0[name] = .async(function) }
  }

  /// Python knows the function no more. One that runs goes on.
  public static func remove(_ name: String) {
    _ = table.withLock { $0.removeValue(forKey: name) }
  }

  static func find(_ name: String) -> Export? { table.withLock { $0[name] } }
}
