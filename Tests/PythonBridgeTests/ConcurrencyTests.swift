import Foundation
import PythonBridge
import Testing

@Suite(needsPython)
struct ConcurrencyTests {
  @Test func `Python that sleeps holds up no other task`() async throws {
    func worst(_ place: String) async throws -> Double {
      let end = try await Subprocess.run(Subprocess.probe, ["heartbeat", place])
      return try #require(Double(end.stdout.trimmingCharacters(in: .newlines)), "\(end.stderr)")
    }
    // The naive form, by the same measure.
    let naive = try await worst("pool")
    #expect(naive > 200)
    // A busy machine makes a tick late for its own reasons: one round of five in 50 ms is enough, and when even that
    // cannot be had, four times less than the naive form.
    var best = Double.infinity
    for _ in 0..<5 where best >= 50 { best = min(best, try await worst("actor")) }
    print("heartbeat late by \(best) ms at worst; on the pool by \(naive) ms")
    #expect(best < max(50, naive / 4))
  }

  @Test(.timeLimit(.minutes(1)))
  func `cancelling a task stops the Python code it waits for`() async throws {
    try await startPython()
    try await Subprocess.withScript("def spin():\n  while True: pass\n") { file in
      let task = Task { try await PythonInterpreter.call(file: file, "spin") }
      try await Task.sleep(for: .milliseconds(20))
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    #expect(try await evaluate("1") == 1)
  }

  @Test func `an interruption ends the script that runs, and a shutdown everything`() async throws {
    let text = """
      import atexit
      from _redis_patterns_bridge import call
      atexit.register(print, "atexit", flush=True)
      call("ready")
      while True: pass
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.run(Subprocess.probe, ["interrupt", file])
      #expect(end.stdout.split(separator: "\n").sorted() == ["130 KeyboardInterrupt", "atexit", "int(3)"])
      #expect(end.stderr.contains("KeyboardInterrupt\n"))
      #expect(end.stderr.hasSuffix("Python was shut down\n  call PythonInterpreter.shutdown() last\n"))
      #expect(end.status == 9)
    }
  }

  @Test func `a socket that the peer closed is an exception, not the end of the program`() async throws {
    let text = """
      import socket
      a, b = socket.socketpair()
      b.close()
      try: a.send(b"x")
      except BrokenPipeError: print("told")
      """
    try await Subprocess.withScript(text) { file in
      let end = try await Subprocess.run(Subprocess.probe, ["run", file])
      #expect(end.stdout == "told\n")
      #expect(end.status == 0)
    }
  }

  @Test func `a task that was cancelled before never enters Python`() async throws {
    try await startPython()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await PythonInterpreter.call("os", "getpid")
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(.timeLimit(.minutes(1)))
  func `cancellation at any moment strikes its own call only`() async throws {
    try await startPython()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        group.addTask {
          let task = Task { try await PythonInterpreter.call("builtins", "sum", [.list([1, .int(index)])]) }
          if index % 2 == 0 {
            for _ in 0..<(index % 7) { await Task.yield() }
            task.cancel()
            _ = try? await task.value
          } else {
            let sum = try await task.value
            #expect(sum == .int(1 + index))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await evaluate("1") == 1)
  }
}
