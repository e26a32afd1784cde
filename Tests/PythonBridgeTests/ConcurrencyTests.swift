import PythonBridge
import Testing

@Suite(needsPython)
struct ConcurrencyTests {
  @Test func `Python that sleeps holds up no other task`() async throws {
    try await startPython()
    let clock = ContinuousClock()
    let heartbeat = Task {
      var worst = Duration.zero
      var next = clock.now + .milliseconds(5)
      var ticks = 0
      while !Task.isCancelled {
        try? await Task.sleep(until: next, clock: clock)
        worst = max(worst, clock.now - next)
        next = clock.now + .milliseconds(5)
        ticks += 1
      }
      return (worst, ticks)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 { group.addTask { try await PythonInterpreter.call("time", "sleep", [0.3]) } }
      try await group.waitForAll()
    }
    heartbeat.cancel()
    let (worst, ticks) = await heartbeat.value
    print("heartbeat: \(ticks) ticks, worst \(worst) late")
    #expect(ticks > 50)
    // On a busy machine a tick may be late for reasons of its own; blocked by Python it would be 300 ms late.
    #expect(worst < .milliseconds(250))
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
