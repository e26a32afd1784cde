import PythonBridge
import Testing

@Suite(needsPython)
struct ScriptRunTests {
  private func run(_ text: String, _ arguments: [String] = [], context: [String: PythonValue] = [:]) async throws
    -> PythonRunResult
  {
    try await startPython()
    return try await Subprocess.withScript(text) { file in
      try await PythonInterpreter.run(script: file, arguments: arguments, output: .capture, context: context)
    }
  }

  @Test func `captured output is exact`() async throws {
    let result = try await run(
      """
      import sys
      print("grüße 🚲", end="\\r\\n")
      sys.stdout.write("no line end")
      sys.stdout.buffer.write(bytes(range(256)))
      print("oops", file=sys.stderr)
      sys.stdout.close()
      """)
    #expect(result.stdoutBytes == Array("grüße 🚲\r\nno line end".utf8) + Array(UInt8.min...UInt8.max))
    #expect(result.stderr == "oops\n")
    #expect(result.exitCode == 0)
    #expect(result.error == nil)
  }

  @Test func `a script sees its arguments, its name, its file and its neighbours`() async throws {
    let result = try await Subprocess.withScript("WORD = 'neighbour'\n", name: "bridge_neighbour.py") { neighbour in
      let file = neighbour.replacing("bridge_neighbour.py", with: "main.py")
      try """
      import pickle, sys, typing
      from dataclasses import dataclass
      import bridge_neighbour
      @dataclass
      class Point:
          x: int
      point = pickle.loads(pickle.dumps(Point(3)))
      hints = typing.get_type_hints(Point)
      print(sys.argv[1:], __name__, __file__ == sys.argv[0], bridge_neighbour.WORD, point, hints)
      """.write(toFile: file, atomically: true, encoding: .utf8)
      try await startPython()
      return try await PythonInterpreter.run(script: file, arguments: ["a b", "ü", "--help"], output: .capture)
    }
    #expect(result.stdout == "['a b', 'ü', '--help'] __main__ True neighbour Point(x=3) {'x': <class 'int'>}\n")
    #expect(result.stderr == "")
    #expect(try await evaluate("'bridge_neighbour' in __import__('sys').modules") == false)
    #expect(try await evaluate("__import__('sys').argv") == [""])
  }

  @Test func `a script takes a context and gives back a value`() async throws {
    let result = try await run(
      """
      from _redis_patterns_bridge import context, publish
      publish({"url": context["url"], "twice": context["n"] * 2})
      """, context: ["url": "redis://localhost", "n": 21])
    #expect(result.published == ["url": "redis://localhost", "twice": 42])
    #expect(try await run("pass").published == .none)
    let later = try await run("import _redis_patterns_bridge as b; b.publish(dict(b.context))")
    #expect(later.published == [:])
  }

  @Test func `an exception is both on stderr and in the result`() async throws {
    let result = try await run("def f():\n  raise ValueError('no')\nf()\n")
    #expect(result.exitCode == 1)
    #expect(result.error?.type == "ValueError")
    #expect(result.error?.traceback == result.stderr)
    #expect(result.stderr.hasPrefix("Traceback (most recent call last):\n  File \"/"))
  }

  @Test func `threads that a script started end before the run does`() async throws {
    let result = try await run(
      """
      import threading
      go = threading.Event()
      threading.Thread(target=lambda: (go.wait(5), print("late"))).start()
      threading.Timer(0.05, go.set).start()
      print("main ends")
      """)
    #expect(result.stdout == "main ends\nlate\n")
  }

  @Test func `a missing file is an error`() async throws {
    try await startPython()
    let error = await #expect(throws: PythonError.self) {
      try await PythonInterpreter.run(script: "/no/such/file.py", output: .capture)
    }
    #expect(error?.type == "FileNotFoundError")
  }

  @Test func `a module runs as python3 -m does`() async throws {
    try await startPython()
    let result = try await PythonInterpreter.run(module: "json.tool", arguments: ["--help"], output: .capture)
    #expect(result.exitCode == 0)
    #expect(result.stdout.hasPrefix("usage: "))
  }

  @Test func `processes of Python's own start the same Python`() async throws {
    let text = """
      import multiprocessing, subprocess, sys
      def double(n): return n * 2
      if __name__ == "__main__":
          for method in ("spawn", "forkserver", "fork"):
              with multiprocessing.get_context(method).Pool(1) as pool: print(pool.map(double, [1, 2]))
          code = "import sys; print(sys.prefix)"
          found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
          print(found == sys.prefix)
      """
    try await Subprocess.withScript(text) { file in
      for (program, arguments) in [(Subprocess.probe, ["run", file]), (Subprocess.command, ["python", file])] {
        let end = try await Subprocess.run(program, arguments)
        #expect(end.stdout == "[2, 4]\n[2, 4]\n[2, 4]\nTrue\n")
        #expect(end.stderr == "")
      }
    }
  }

  @Test func `a deep recursion is an exception, not a crash`() async throws {
    let result = try await run(
      """
      import json, sys
      sys.setrecursionlimit(15500)
      def down(n): return 0 if n == 0 else 1 + down(n - 1)
      print(down(15000))
      text = "[" * 5000 + "]" * 5000
      try: json.loads(text)
      except RecursionError: pass  # 3.12 counts C's levels by a limit of its own
      try: down(10**6)
      except RecursionError: print("too deep")
      sys.setrecursionlimit(1000)
      """)
    #expect(result.stdout == "15000\ntoo deep\n", "\(result.stderr)")
  }

  @Test func `uncaptured output keeps its order with Swift's`() async throws {
    let end = try await Subprocess.withScript("import sys\nprint('2 python')\nprint('2 error', file=sys.stderr)\n") {
      try await Subprocess.run(Subprocess.probe, ["order", $0])
    }
    #expect(end.stdout == "1 swift\n2 python\n3 swift\n2 python\n5 swift\n")
    #expect(end.stderr == "2 error\n2 error\n")
  }
}
