import Foundation
import PythonBridge
import Testing

/// A child process with its streams collected. Its arguments and environment are its own; signals are at their defaults,
/// whatever started the tests.
struct Subprocess: Sendable {
  struct End: Sendable {
    /// As a shell says it: 128 + the signal that ended it.
    var status: Int32
    var stdout: String
    var stderr: String
  }

  /// The interpreter that belongs to the linked library, for comparison.
  static let python = (checkout.venv.map { "\($0)/bin/python3" }) ?? "/usr/bin/python3"

  static let probe = product("python-bridge-probe")
  static let command = product("redis-patterns")

  /// Beside the test bundle: both were built by the same build.
  private static func product(_ name: String) -> String {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    let beside = tests.appendingPathComponent(name).path
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : "\(checkout.root)/.build/debug/\(name)"
  }

  private static let plainSignals = """
    import os, signal, sys
    for number in (signal.SIGINT, signal.SIGPIPE): signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(sys.argv[1], sys.argv[1:])
    """

  /// - Parameter interruptAfter: a text; when stdout holds it, the process gets SIGINT.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], without: [String] = [],
    interruptAfter: String? = nil, timeout: Duration = .seconds(30)
  ) async throws -> (end: End, sinceInterrupt: Duration?) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-I", "-c", plainSignals, program] + arguments
    var variables = ProcessInfo.processInfo.environment
    for name in ["PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"] + without { variables[name] = nil }
    variables.merge(environment) { $1 }
    process.environment = variables
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bridge-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (out, err) = (folder.appendingPathComponent("out"), folder.appendingPathComponent("err"))
    for file in [out, err] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = FileHandle.nullDevice
    try process.run()

    let clock = ContinuousClock()
    let start = clock.now
    var interrupted: ContinuousClock.Instant?
    while process.isRunning {
      if let text = interruptAfter, interrupted == nil, try String(contentsOf: out, encoding: .utf8).contains(text) {
        interrupted = clock.now
        kill(process.processIdentifier, SIGINT)
      }
      if clock.now - start > timeout {
        process.terminate()
        kill(process.processIdentifier, SIGKILL)
        Issue.record("\(program) \(arguments) did not end within \(timeout)")
        break
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    process.waitUntilExit()
    let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    let end = End(
      status: status, stdout: try String(contentsOf: out, encoding: .utf8),
      stderr: try String(contentsOf: err, encoding: .utf8))
    return (end, interrupted.map { clock.now - $0 })
  }

  /// Writes a script into a folder of its own, and removes it afterwards.
  static func withScript<Result>(
    _ text: String, name: String = "script.py", _ body: (String) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bridge-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name).path
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return try await body(file)
  }
}
