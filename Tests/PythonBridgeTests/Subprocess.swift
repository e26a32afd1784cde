import Foundation
import PythonBridge
import Testing

/// A child process with its streams collected. Its arguments and environment are its own; signals are at their defaults,
/// whatever started the tests.
struct Subprocess: Sendable {
  struct End: Sendable, Decodable {
    /// As a shell says it: 128 + the signal that ended it.
    var status: Int32
    var stdout: String
    var stderr: String
    /// From SIGINT to the end, where one was sent.
    var seconds: Double?
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

  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], without: [String] = [],
    timeout: Duration = .seconds(60)
  ) async throws -> End {
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

    let start = ContinuousClock.now
    while process.isRunning {
      if ContinuousClock.now - start > timeout {
        kill(process.processIdentifier, SIGKILL)
        Issue.record("\(program) \(arguments) did not end within \(timeout)")
        break
      }
      try await Task.sleep(for: .milliseconds(2))
    }
    process.waitUntilExit()
    return End(
      status: process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0),
      stdout: try String(contentsOf: out, encoding: .utf8), stderr: try String(contentsOf: err, encoding: .utf8))
  }

  /// Sends SIGINT once the program has printed a first line. Of three tries the first that ended within a second, or the
  /// last: a busy machine may take its time for reasons of its own.
  static func interrupt(_ program: String, _ arguments: [String]) async throws -> End {
    var end: End?
    for _ in 0..<3 where (end?.seconds ?? .infinity) >= 1 {
      let outer = try await run("/usr/bin/python3", ["-I", "\(fixtures)/interrupt.py", program] + arguments)
      try #require(outer.status == 0, "\(outer.stderr)")
      end = try JSONDecoder().decode(End.self, from: Data(outer.stdout.utf8))
    }
    return end!
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
