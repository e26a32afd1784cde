import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `The context of a load` {
  private enum Trace {
    @TaskLocal static var name = "none"
  }

  @Test func `a load runs in the name of the caller who brought it, also after another's`() async throws {
    let space = try await TestSpace.shared()
    let users = Cache(on: space.redis, codec: .string, namespace: space.namespace)
    let (loaded, open) = (Box(false), Box(false))
    let seen = Box<[String]>([])
    let early = Trace.$name.withValue("early") {
      Task {
        try await users.getOrLoad("7") {
          seen.update { $0.append(Trace.name) }
          loaded.value = true
          try await eventually { open.value }
          return "old"
        }
      }
    }
    try await eventually { loaded.value }
    try await users.delete("7")
    let late = Trace.$name.withValue("late") {
      Task {
        try await users.getOrLoad("7") {
          seen.update { $0.append(Trace.name) }
          return "new"
        }
      }
    }
    try await eventually { users.waiting(for: "7") == 2 }
    open.value = true
    #expect(try await early.value == "old")
    #expect(try await late.value == "new")
    #expect(seen.value == ["early", "late"])
  }

  @Test func `one of many whose landing came too early flies for all, also when others leave`() async throws {
    let space = try await TestSpace.shared()
    let users = Cache(on: space.redis, codec: .string, namespace: space.namespace)
    var chance = SeededGenerator(seed: RandomRun.seed("callers that fly again"))
    for round in 0..<30 {
      let key = "\(round)"
      let (loaded, open, loads) = (Box(false), Box(false), Box(0))
      let early = Task {
        try await users.getOrLoad(key) {
          loaded.value = true
          try await eventually { open.value }
          return "old"
        }
      }
      try await eventually { loaded.value }
      try await users.delete(key)
      let late = (0..<8).map { _ in
        Task {
          try await users.getOrLoad(key) {
            loads.update { $0 += 1 }
            return "new"
          }
        }
      }
      try await eventually { users.waiting(for: key) == 9 }
      open.value = true
      for _ in 0..<Int.random(in: 0...20, using: &chance) { await Task.yield() }
      // Whoever was to fly may be among those who leave.
      for leaver in late.prefix(4) { leaver.cancel() }
      #expect(try await early.value == "old")
      for leaver in late.prefix(4) { _ = await leaver.result }
      for stayer in late.dropFirst(4) { #expect(try await stayer.value == "new") }
      #expect(loads.value <= 2)
      #expect(users.waiting(for: key) == 0)
    }
  }

  @Test func `more tags than an entry can carry are refused before anything is sent`() async throws {
    let space = try await TestSpace.shared()
    let counting = Counting(redis: space.redis)
    let users = Cache(on: counting, codec: .string, namespace: space.namespace)
    try await users.put("7", "old")
    let before = counting.trips.value
    let many = (0..<17).map { "tag \($0)" }
    for bad in [many, [""]] {
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await users.getOrLoad("8", tags: bad) { "unasked" } },
        { _ = try await users.put("7", "new", tags: bad) },
        { _ = try await users.writeThrough("7", tags: bad) { Versioned("new") } },
      ]
      for call in calls {
        let error = await #expect(throws: RedisError.self) { try await call() }
        #expect(error?.code == .argument)
      }
    }
    #expect(counting.trips.value == before)
    #expect(try await users.get("7") == .hit("old"))
  }
}
