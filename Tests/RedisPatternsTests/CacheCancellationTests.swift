import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys) struct `Leaving a load` {
  @Test func `a caller that leaves as its load begins still cancels it`() async throws {
    let space = try await TestSpace.shared()
    let users = Cache(
      on: space.redis, options: CacheOptions(lease: .seconds(60)), codec: .string, namespace: space.namespace)
    let running = Box(0)
    var chance = SeededGenerator(seed: RandomRun.seed("callers that leave"))
    for round in 0..<200 {
      let caller = Task {
        try await users.getOrLoad("\(round)") {
          running.update { $0 += 1 }
          defer { running.update { $0 -= 1 } }
          try await Task.sleep(for: .seconds(600))
          return "late"
        }
      }
      for _ in 0..<Int.random(in: 0...30, using: &chance) { await Task.yield() }
      caller.cancel()
      _ = await caller.result
    }
    try await eventually { running.value == 0 }
  }
}
