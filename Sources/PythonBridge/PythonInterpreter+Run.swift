import CPythonSupport

/// Where the `print` of a script goes.
public enum PythonOutput: Sendable, Hashable {
  /// To the process's own stdout and stderr, in order with what Swift prints.
  case inherit
  /// Into the result: all that Python code writes to `sys.stdout` and `sys.stderr`. What C code, subprocesses and
  /// `os.write` write to the descriptors goes past it.
  case capture
}

/// What a script ended with.
public struct PythonRunResult: Sendable, Hashable {
  /// As `python3` would have ended: 0…255.
  public let exitCode: Int32
  /// What was captured, byte for byte.
  public let stdoutBytes: [UInt8]
  /// What was written to `sys.stderr`.
  public let stderrBytes: [UInt8]
  /// What the script handed to `_redis_patterns_bridge.publish(value)` last; `none` if it did not.
  public let published: PythonValue
  /// The exception that nobody caught; `nil` for `SystemExit`.
  public let error: PythonError?

  /// `stdoutBytes` as text; what is not UTF-8 is replaced.
  public var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
  /// `stderrBytes` as text; what is not UTF-8 is replaced.
  public var stderr: String { String(decoding: stderrBytes, as: UTF8.self) }
}

extension PythonInterpreter {
  /// Runs a file as `python3 FILE ARGUMENTS…` would: `__main__`, `sys.argv`, imports of neighbours, exit status,
  /// traceback on stderr. Runs have `sys` for themselves: one at a time.
  ///
  /// Ends when the script and the non-daemon threads it started have ended; its `atexit` functions run at
  /// ``shutdown()``. `os._exit` and a crash in C code end the process.
  /// - Parameter context: what the script sees as `_redis_patterns_bridge.context`.
  public static func run(
    script: String, arguments: [String] = [], output: PythonOutput = .inherit,
    context: [String: PythonValue] = [:]
  ) async throws -> PythonRunResult {
    try await perform { _ in try run(script, isModule: false, arguments, output, context) }
  }

  /// Runs a module as `python3 -m MODULE ARGUMENTS…` would.
  public static func run(
    module: String, arguments: [String] = [], output: PythonOutput = .inherit,
    context: [String: PythonValue] = [:]
  ) async throws -> PythonRunResult {
    try await perform { _ in try run(module, isModule: true, arguments, output, context) }
  }

  @PythonActor
  private static func run(
    _ target: String, isModule: Bool, _ arguments: [String], _ output: PythonOutput,
    _ context: [String: PythonValue]
  ) throws -> PythonRunResult {
    cps_flush()
    let values = context.map { (PythonValue.string($0.key), $0.value) }
    let result: PythonValue
    do {
      result = try PythonRuntime.call(
        "_redis_patterns_runs", "run",
        [
          .string(target), .bool(isModule), .list(arguments.map(PythonValue.string)),
          .bool(output == .capture), .dict(Dictionary(uniqueKeysWithValues: values)),
        ], [:], discards: false)
    } catch {
      // An interruption may have struck while the run was putting `sys` back.
      _ = try? PythonRuntime.call("_redis_patterns_runs", "restore", [], [:], discards: false)
      throw error
    }
    let parts = result.elements ?? []
    return PythonRunResult(
      exitCode: Int32(parts[0].int ?? 1), stdoutBytes: parts[1].bytes ?? [],
      stderrBytes: parts[2].bytes ?? [],
      published: parts[3], error: parts[4].isNone ? nil : PythonRuntime.error(from: parts[4]))
  }
}
