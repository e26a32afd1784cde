import Foundation
import PythonBridge
import RESP

/// The Python package in a plain `python3` beside us: where no libpython is, and to show that the bridge changes nothing.
public struct PythonProcessLanguage: ParityLanguage {
  public let name = "python3"
  private let process: LineProcess

  private static let program = """
    import json, sys
    from redis_patterns._scenario import run
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
    """

  /// - Parameter root: the checkout; its virtual environment's interpreter is taken, else the `python3` on PATH.
  public init(root: URL) throws {
    process = try LineProcess(PythonProcessLanguage.interpreter(root: root), ["-c", Self.program])
  }

  /// The command that runs the package of a checkout, and the environment it needs.
  public static func interpreter(root: URL) -> (path: String, environment: [String: String]) {
    let checkout = PythonCheckout.find(near: [root.path])
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = checkout?.pythonSource
    let path = checkout?.venv.map { $0 + "/bin/python3" } ?? "/usr/bin/env"
    return (path, environment)
  }

  public func play(_ scenario: Scenario, steps: Range<Int>, on url: RedisURL) async throws -> [JSONValue] {
    let context = PythonContext.of(scenario, steps: steps, url: url)
    let line = try await process.ask(context.text)
    return try PythonContext.outcomes(JSONValue(parsing: Data(line.utf8)), count: steps.count)
  }
}

/// A program that answers each line with a line. It ends with the last reference, and by end of input when we are gone.
final class LineProcess: Sendable {
  private let queue = DispatchQueue(label: "redis-patterns.line-process")
  private let process: Process
  private let input: FileHandle
  private let output: FileHandle

  init(_ interpreter: (path: String, environment: [String: String]), _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: interpreter.path)
    process.arguments = (interpreter.path == "/usr/bin/env" ? ["python3"] : []) + arguments
    process.environment = interpreter.environment
    let (asked, answered) = (Pipe(), Pipe())
    process.standardInput = asked
    process.standardOutput = answered
    try process.run()
    // A descriptor of ours must not reach the next child, or this one would never see the end of its input.
    for end in [asked.fileHandleForWriting, answered.fileHandleForReading] {
      _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
    }
    self.process = process
    (input, output) = (asked.fileHandleForWriting, answered.fileHandleForReading)
  }

  deinit {
    try? input.close()
    // Not waited for: `waitUntilExit` turns a run loop on the caller's thread, and two of them at once stand still for
    // ever; Foundation collects the child on a thread of its own.
    process.terminate()
  }

  /// Sends a line and waits for the next one, on a thread of its own.
  func ask(_ line: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [input, output] in
        do {
          try input.write(contentsOf: Data((line + "\n").utf8))
          var answer = Data()
          while answer.last != 10 {
            let more = output.availableData
            guard !more.isEmpty else {
              throw ParityError("python3 ended instead of answering; its message is on standard error")
            }
            answer += more
          }
          continuation.resume(returning: String(decoding: answer.dropLast(), as: UTF8.self))
        } catch {
          continuation.resume(throwing: error)
        }
      }
    }
  }
}
