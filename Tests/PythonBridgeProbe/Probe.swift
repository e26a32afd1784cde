import Foundation
import PythonBridge

/// A process of its own for the tests of the bridge that need one: other environment variables, exit, raw streams.
///
///     python-bridge-probe run FILE ARGS…       as a server would run a script: on PythonActor, then shutdown, then exit
///     python-bridge-probe main FILE ARGS…      as the command line does, with Swift functions to call
///     python-bridge-probe start                which Python it is, or twice the error
///     python-bridge-probe order FILE           prints from Swift before and after the script's own prints
///     python-bridge-probe heartbeat WHERE      how late another task is while Python sleeps: on `actor`, or on `pool`
///     python-bridge-probe interrupt FILE       interrupts a script once it has called Swift, shuts down, calls once more
///     python-bridge-probe leaks COUNT FILE     growth of memory over COUNT calls of each kind, as JSON
@main
struct Probe {
  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let mode = arguments.removeFirst()
    let configuration = PythonConfiguration(venv: ProcessInfo.processInfo.environment["PROBE_VENV"])
    do {
      switch mode {
      case "run":
        try await PythonInterpreter.start(configuration)
        let file = arguments.removeFirst()
        let result = try await PythonInterpreter.run(script: file, arguments: arguments)
        try await PythonInterpreter.shutdown()
        exit(result.exitCode)
      case "main":
        exportForMain()
        let file = arguments.removeFirst()
        exit(PythonMain.run(file: file, arguments: arguments))
      case "order": try await order(arguments[0])
      case "interrupt": try await interrupt(arguments[0])
      case "heartbeat": try await heartbeat(onActor: arguments[0] == "actor")
      case "leaks": try await leaks(count: Int(arguments[0])!, callbacks: arguments[1])
      default: try await start(configuration)
      }
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(9)
    }
  }

  private static func order(_ file: String) async throws {
    print("1 swift")
    _ = try await PythonInterpreter.run(script: file)
    print("3 swift")
    _ = try await PythonInterpreter.run(script: file)
    print("5 swift")
  }

  private static func interrupt(_ file: String) async throws {
    SwiftExports.export("ready") { _ in
      PythonInterpreter.interrupt()
      return .none
    }
    let result = try await PythonInterpreter.run(script: file)
    print(result.exitCode, result.error?.type ?? "")
    print(try await PythonInterpreter.call("operator", "add", [1, 2]))
    try await PythonInterpreter.shutdown()
    try await PythonInterpreter.call("operator", "add", [1, 2])
  }

  private static func exportForMain() {
    SwiftExports.export("double") { .int(try $0.int(0) * 2) }
    SwiftExports.exportAsync("later") { arguments in
      try await Task.sleep(for: .milliseconds(arguments.int(0)))
      return "late"
    }
    SwiftExports.exportAsync("actor") { _ in
      // Detached: not refused as re-entry, so that it is the owner of the interpreter that says no.
      await Task.detached {
        do {
          try await PythonInterpreter.start()
          return "started"
        } catch {
          return .string("\(error)")
        }
      }.value
    }
  }

  private static func start(_ configuration: PythonConfiguration) async throws {
    do {
      try await PythonInterpreter.start(configuration)
    } catch let first as PythonStartError {
      do {
        try await PythonInterpreter.start()
      } catch let second as PythonStartError {
        print(first == second ? "same error" : "another error: \(second)")
      }
      throw first
    }
    for module in ["ssl", "decimal", "_ctypes"] {
      try await PythonInterpreter.callDiscardingResult("importlib", "import_module", [.string(module)])
    }
    let facts = """
      (lambda s, o: [s.executable, s.prefix, s.version.split()[0], o.__file__])(__import__('sys'), __import__('os'))
      """
    let result = try await PythonInterpreter.call("builtins", "eval", [.string(facts)])
    for value in result.elements ?? [] { print(value.string ?? "") }
  }
}
