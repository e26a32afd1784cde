import PythonBridge
import Testing

/// The code of docs/bridge.md, run.
@Suite(needsPython)
struct BridgeExampleTests {
  @Test func `the calls of the page hold`() async throws {
    try await startPython()
    // --8<-- [start:call]
    let sum = try await PythonInterpreter.call("math", "fsum", [[0.1, 0.2, 0.3]])
    let text = try await PythonInterpreter.call("json", "dumps", [["wheels": 2]], keywords: ["indent": 1])

    let slope = try await PythonInterpreter.perform { python in  // several calls, one visit
      let fit = try python.call("statistics", "linear_regression", [[1, 2, 3], [2, 4, 6]])
      return fit.elements?[0].double ?? .nan
    }
    // --8<-- [end:call]
    #expect(sum == 0.6)
    #expect(text == "{\n \"wheels\": 2\n}")
    #expect(slope == 2)
  }

  @Test func `the error of the page holds`() async throws {
    try await startPython()
    var seen: [String] = []
    func log(_ text: String) { seen.append(text) }
    // --8<-- [start:error]
    do {
      try await PythonInterpreter.call("json", "loads", ["{"])
    } catch let error as PythonError {
      log(error.type)  // json.decoder.JSONDecodeError
      log(error.message)  // Expecting property name enclosed in double quotes: line 1 column 2 (char 1)
      log(error.traceback)  // as Python prints it, causes included
    }
    // --8<-- [end:error]
    #expect(seen[0] == "json.decoder.JSONDecodeError")
    #expect(seen[1].contains("line 1 column 2 (char 1)"))
    #expect(seen[2].hasPrefix("Traceback (most recent call last):\n"))
  }

  @Test func `the script of the page runs in both worlds`() async throws {
    try await startPython()
    let file = "\(fixtures)/report.py"
    // --8<-- [start:run]
    SwiftExports.export("greet") { arguments in
      .string("Hello, \(try arguments.string(0))!")
    }
    let run = try await PythonInterpreter.run(script: file, output: .capture, context: ["names": ["Ada", "Lin"]])
    // run.exitCode, run.stdout, run.stderr, run.published, run.error
    // --8<-- [end:run]
    #expect(run.exitCode == 0)
    #expect(run.stdout == "2 riders\n")
    #expect(run.published == ["greetings": ["Hello, Ada!", "Hello, Lin!"]])
    let plain = try await Subprocess.run(Subprocess.python, [file, "Ada", "Lin"])
    #expect(plain.stdout == "2 riders\n")
    let command = try await Subprocess.run(Subprocess.command, ["python", "--namespace", "n", file, "Ada"])
    #expect(command.stderr.contains("KeyError: 'names'"))
  }
}
