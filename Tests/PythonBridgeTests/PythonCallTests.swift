import PythonBridge
import Testing

@Suite(needsPython)
struct PythonCallTests {
  @Test func `a function is called with positional and named arguments`() async throws {
    try await startPython()
    #expect(
      try await PythonInterpreter.call("builtins", "sorted", [[3, 1, 2]], keywords: ["reverse": true]) == [
        3, 2, 1,
      ])
    #expect(try await PythonInterpreter.call("builtins", "eval", ["[__name__, 1 + 1]"]) == ["__swift__", 2])
    #expect(try await PythonInterpreter.call("os.path", "join", ["a", "b"]) == "a/b")
    #expect(try await PythonInterpreter.call("builtins", "int.from_bytes", [.bytes([1, 0]), "big"]) == 256)
  }

  @Test func `an async def runs to its end`() async throws {
    try await startPython()
    let value = try await PythonInterpreter.call(file: "\(fixtures)/errors.py", "later", [21])
    #expect(value == 42)
  }

  @Test func `a result that cannot cross is dropped where only the effect is wanted`() async throws {
    try await startPython()
    try await PythonInterpreter.callDiscardingResult("importlib", "import_module", ["json"])
    await #expect(throws: PythonConversionError.self) {
      try await PythonInterpreter.call("importlib", "import_module", ["json"])
    }
  }

  @Test func `an exception carries type, message, traceback and causes`() async throws {
    try await startPython()
    let error = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.call(file: "\(fixtures)/errors.py", "chained")
    }
    #expect(error?.type == "RuntimeError")
    #expect(error?.message == "no order")
    #expect(
      error?.causes == [
        .init(type: "KeyError", message: "'order'"),
        .init(type: "ZeroDivisionError", message: "division by zero"),
      ])
    let text = try #require(error?.traceback)
    #expect(text.contains("ZeroDivisionError: division by zero"))
    #expect(text.contains("The above exception was the direct cause of the following exception"))
    #expect(text.contains("During handling of the above exception, another exception occurred"))
    #expect(text.contains("errors.py\", line "))
    #expect(text.hasSuffix("RuntimeError: no order\n"))
    #expect(!text.contains("redis-patterns bridge"))
    #expect(error?.exitCode == 1)
    #expect(try await evaluate("6 * 7") == 42)
  }

  @Test func `a group of exceptions shows every member`() async throws {
    guard try await evaluate("__import__('sys').version_info >= (3, 11)") == true else { return }
    let error = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.call(file: "\(fixtures)/errors.py", "grouped")
    }
    #expect(error?.type == "ExceptionGroup")
    #expect(error?.traceback.contains("ValueError: one") == true)
    #expect(error?.traceback.contains("OSError: two") == true)
  }

  @Test func `an exception that cannot even be printed is still an error`() async throws {
    try await startPython()
    let error = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.call(file: "\(fixtures)/errors.py", "unprintable")
    }
    #expect(error?.type.hasSuffix("MuteError") == true)
    let surrogate = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.call(file: "\(fixtures)/errors.py", "surrogate")
    }
    #expect(surrogate?.message == "\\ud800")
  }

  @Test(arguments: [("5", 5), ("None", 0), ("'text'", 1), ("263", 7)])
  func `SystemExit says the status that python3 would have ended with`(code: String, status: Int) async throws {
    let error = await #expect(throws: PythonError.self) {
      try await evaluate("(_ for _ in ()).throw(SystemExit(\(code)))")
    }
    #expect(error?.type == "SystemExit")
    #expect(error?.exitCode == Int32(status))
  }

  @Test func `a missing module names itself, the environment and the command`() async throws {
    try await startPython()
    let error = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.call("no_such_package.part", "f")
    }
    #expect(error?.type == "ModuleNotFoundError")
    #expect(error?.message.contains("no_such_package") == true)
    #expect(error?.hint?.contains("-m pip install no_such_package") == true)
    if let venv = checkout.venv { #expect(error?.hint?.contains(venv) == true) }
  }

  @Test func `a missing function is an AttributeError`() async throws {
    try await startPython()
    let error = await #expect(throws: PythonError.self) { try await PythonInterpreter.call("json", "nope") }
    #expect(error?.type == "AttributeError")
  }

  @Test func `twenty tasks start Python once`() async throws {
    try await withThrowingTaskGroup(of: PythonValue.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await startPython()
          return try await PythonInterpreter.call("os", "getpid")
        }
      }
      var seen: Set<PythonValue> = []
      for try await value in group { seen.insert(value) }
      #expect(seen.count == 1)
    }
  }

  @Test func `a second configuration is refused, and Python goes on`() async throws {
    try await startPython()
    await #expect(throws: PythonStartError.self) {
      try await PythonInterpreter.start(PythonConfiguration(isolated: true))
    }
    #expect(try await evaluate("1") == 1)
  }

  @Test func `no call ever leaves Python's thread`() async throws {
    try await startPython()
    let main = try await evaluate("__import__('threading').main_thread().ident")
    try await withThrowingTaskGroup(of: PythonValue.self) { group in
      for _ in 0..<100 {
        group.addTask { try await PythonInterpreter.call("threading", "get_ident") }
      }
      for try await value in group { #expect(value == main) }
    }
  }

  @Test func `several calls run in one visit`() async throws {
    try await startPython()
    let sum = try await PythonInterpreter.perform { python in
      let a = try python.call("math", "gcd", [12, 18]).int!
      let b = try python.call("math", "gcd", [35, 21]).int!
      return a + b
    }
    #expect(sum == 13)
  }
}
