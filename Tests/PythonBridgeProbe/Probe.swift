import Foundation
import PythonBridge

/// A process of its own for the tests of the bridge that need one: other environment variables, exit, raw streams.
///
///     python-bridge-probe run FILE ARGS…     as a server would run a script: on PythonActor, then shutdown, then exit
///     python-bridge-probe start              which Python it is, or twice the error
///     python-bridge-probe order FILE         prints from Swift before and after the script's own prints
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
      case "order":
        print("1 swift")
        _ = try await PythonInterpreter.run(script: arguments[0])
        print("3 swift")
        _ = try await PythonInterpreter.run(script: arguments[0])
        print("5 swift")
      default:
        try await start(configuration)
      }
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(9)
    }
  }

  static func start(_ configuration: PythonConfiguration) async throws {
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
    let result = try await PythonInterpreter.call(
      "builtins", "eval",
      ["(lambda s, o: [s.executable, s.prefix, s.version.split()[0], o.__file__])(__import__('sys'), __import__('os'))"]
    )
    for value in result.elements ?? [] { print(value.string ?? "") }
  }
}
