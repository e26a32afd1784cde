import CPythonSupport

/// The process's one CPython. It starts at the first use, or at ``start(_:)``, and never ends before the process does.
///
/// Every call waits its turn on ``PythonActor``. Values are copied both ways. A failure is thrown as ``PythonError``
/// (Python raised), ``PythonConversionError`` (a value cannot cross), ``PythonStartError`` (there is no Python),
/// ``PythonReentrancyError`` (an exported Swift function called back), or `CancellationError`: cancelling the task
/// interrupts Python at its next bytecode, which code that waits in C (`time.sleep`) only reaches afterwards.
public enum PythonInterpreter {
  /// Whether this program was built with Python. That it also starts is only known by trying.
  public static var isAvailable: Bool { cps_unavailable_reason() == nil }

  /// Why ``isAvailable`` is false, with what to install.
  public static var unavailableReason: String? { cps_unavailable_reason().map { String(cString: $0) } }

  /// Starts Python, if it has not started. A failure is remembered and thrown again by every later use.
  public static func start(_ configuration: PythonConfiguration) async throws {
    try CallbackScope.refuseReentry()
    try await PythonRuntime.start(configuration)
  }

  /// Starts Python as `PythonConfiguration()` says, unless it runs already, however configured.
  public static func start() async throws {
    try CallbackScope.refuseReentry()
    try await PythonRuntime.start(nil)
  }

  /// Calls `module.function`. An `async def` runs to its end in an event loop of its own.
  @discardableResult
  public static func call(
    _ module: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) async throws -> PythonValue {
    try await perform { python in try python.call(module, function, arguments, keywords: keywords) }
  }

  /// Calls a function for its effect: the result may be anything.
  public static func callDiscardingResult(
    _ module: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) async throws {
    try await perform { python in
      try python.callDiscardingResult(module, function, arguments, keywords: keywords)
    }
  }

  /// Loads a file afresh and calls one of its functions; the file may import its neighbours.
  @discardableResult
  public static func call(
    file: String, _ function: String, _ arguments: [PythonValue] = [],
    keywords: [String: PythonValue] = [:]
  ) async throws -> PythonValue {
    try await perform { python in
      try python.call(file: file, function, arguments, keywords: keywords)
    }
  }

  /// Several calls in one visit to Python's thread, with no other task's call between them.
  ///
  ///     let total = try await PythonInterpreter.perform { python in
  ///       try python.call("math", "fsum", [[0.1, 0.2]])
  ///     }
  public static func perform<Value: Sendable>(
    _ body: @escaping @PythonActor @Sendable (PythonSession) throws -> Value
  ) async throws -> Value {
    try CallbackScope.refuseReentry()
    try Task.checkCancellation()
    let number = RunningCall.nextNumber()
    do {
      return try await withTaskCancellationHandler {
        try await enter(number, body)
      } onCancel: {
        RunningCall.requestInterrupt(number)
      }
    } catch let error as PythonError where error.type == "KeyboardInterrupt" && Task.isCancelled {
      throw CancellationError()
    }
  }

  @PythonActor
  private static func enter<Value: Sendable>(
    _ number: UInt64, _ body: @PythonActor @Sendable (PythonSession) throws -> Value
  ) throws -> Value {
    try PythonRuntime.start(nil)
    RunningCall.begin(number)
    defer { RunningCall.end() }
    // After `begin`: a cancellation that came before it found no running call to interrupt, and shows here.
    try Task.checkCancellation()
    return try body(PythonSession())
  }

  /// Raises `KeyboardInterrupt` in the Python code that runs now, if any does, at its next bytecode.
  public static func interrupt() {
    RunningCall.requestInterrupt(RunningCall.current)
  }

  /// Waits for Python's non-daemon threads, runs its `atexit` functions and flushes its streams; every later use throws
  /// ``PythonStartError``. Python stays in memory: ending it while foreign threads know it would crash the process.
  public static func shutdown() async throws {
    try CallbackScope.refuseReentry()
    try await PythonRuntime.shutDown()
  }
}
