import PythonBridge
import Testing

/// A script ends the same in three places: alone under python3, on the command line, and inside a Swift program.
@Suite(needsPython)
struct ExitCodeTests {
  static let endings = [
    "import sys; sys.exit(3)",
    "import sys; sys.exit(None)",
    "import sys; sys.exit('a message')",
    "import sys; sys.exit(True)",
    "import sys; sys.exit(263)",
    "import sys; sys.exit(-1)",
    "import sys; sys.exit((1, 'tuple'))",
    "def f():\n  try: {}['k']\n  except KeyError as e: raise ValueError('bad') from e\nf()",
    "print('before')\ndef broken(:\n  pass",
    "raise ExceptionGroup('both', [ValueError(1), OSError(2)])",
    "import os, sys; print('out', flush=True); sys.stderr.flush(); os._exit(5)",
  ]

  @Test(arguments: endings)
  func `status and streams equal python3's`(text: String) async throws {
    try await Subprocess.withScript(text + "\n") { file in
      let plain = try await Subprocess.run(Subprocess.python, [file, "argument"])
      let command = try await Subprocess.run(Subprocess.command, ["python", file, "argument"])
      let library = try await Subprocess.run(Subprocess.probe, ["run", file, "argument"])
      for (end, place) in [(command, "command line"), (library, "library")] {
        #expect(end.status == plain.status, "\(place)")
        #expect(end.stdout == plain.stdout, "\(place)")
        #expect(end.stderr == plain.stderr, "\(place)")
      }
    }
  }

  @Test(arguments: ["command", "library"])
  func `atexit and threads complete before the process ends`(place: String) async throws {
    let text = """
      import atexit, threading, time
      atexit.register(print, "atexit")
      def work():
          time.sleep(0.2)
          print("thread")
      threading.Thread(target=work).start()
      print("main")
      """
    try await Subprocess.withScript(text) { file in
      let end =
        place == "command"
        ? try await Subprocess.run(Subprocess.command, ["python", file])
        : try await Subprocess.run(Subprocess.probe, ["run", file])
      #expect(end.stdout == "main\nthread\natexit\n")
      #expect(end.status == 0)
    }
  }
}
