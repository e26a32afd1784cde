import Foundation
import PythonBridge

extension Probe {
  /// Prints by how many milliseconds a task that wakes every 5 ms was late at worst while four others made Python sleep
  /// for 0.3 s each. `pool` is the naive form: the sleep blocks a thread of Swift's own pool.
  static func heartbeat(onActor: Bool) async throws {
    try await PythonInterpreter.call("time", "time")
    let clock = ContinuousClock()
    let beat = Task {
      var worst = Duration.zero
      var next = clock.now + .milliseconds(5)
      while !Task.isCancelled {
        try? await Task.sleep(until: next, clock: clock)
        worst = max(worst, clock.now - next)
        next = clock.now + .milliseconds(5)
      }
      return worst
    }
    try await Task.sleep(for: .milliseconds(20))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          if onActor { try await PythonInterpreter.call("time", "sleep", [0.3]) } else { usleep(300_000) }
        }
      }
      try await group.waitForAll()
    }
    beat.cancel()
    print(await beat.value / .milliseconds(1))
  }
}
