import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `The cache` {
  private struct SourceFailed: Error {}

  private func cache(_ space: TestSpace, _ options: CacheOptions = CacheOptions()) -> Cache<String> {
    Cache(on: space.redis, options: options, codec: .string, namespace: space.namespace)
  }

  @Test func `a miss is loaded once and then read`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let loads = Box(0)
    for _ in 0..<3 {
      let name = try await users.getOrLoad("7") {
        loads.update { $0 += 1 }
        return "Ada"
      }
      #expect(name == "Ada")
    }
    #expect(loads.value == 1)
    #expect(try await users.get("7") == .hit("Ada"))
    #expect(try await users.get("8") == .miss)
  }

  @Test func `that the source has nothing is an answer, and is cached`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let loads = Box(0)
    for _ in 0..<2 {
      let name = try await users.getOrLoad("7") {
        loads.update { $0 += 1 }
        return nil
      }
      #expect(name == nil)
    }
    #expect(loads.value == 1)
    #expect(try await users.get("7") == .negative)
    #expect(try await users.delete("7"))
    #expect(try await users.get("7") == .miss)
  }

  @Test func `callers of one process share a load`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let (loads, open) = (Box(0), Box(false))
    let names = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await users.getOrLoad("7") {
            loads.update { $0 += 1 }
            try await eventually { open.value }
            return "Ada"
          }
        }
      }
      try await eventually { loads.value == 1 }
      open.value = true
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(names == Array(repeating: "Ada", count: 50))
    #expect(loads.value == 1)
  }

  @Test func `a fleet shares a load`() async throws {
    let space = try await TestSpace.shared()
    let loads = Box(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        // A cache of its own has a table of flights of its own, as another process would.
        let users = cache(space)
        group.addTask {
          let name = try await users.getOrLoad("7") {
            loads.update { $0 += 1 }
            try await Task.sleep(for: .milliseconds(30))
            return "Ada"
          }
          #expect(name == "Ada")
        }
      }
      try await group.waitForAll()
    }
    #expect(loads.value == 1)
  }

  @Test func `one caller's cancellation leaves the load to the others`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let (loads, open) = (Box(0), Box(false))
    let load: @Sendable () async throws -> String? = {
      loads.update { $0 += 1 }
      try await eventually { open.value }
      return "Ada"
    }
    let first = Task { try await users.getOrLoad("7", load: load) }
    try await eventually { loads.value == 1 }
    let second = Task { try await users.getOrLoad("7", load: load) }
    try await eventually { users.waiting(for: "7") == 2 }
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    open.value = true
    #expect(try await second.value == "Ada")
    #expect(loads.value == 1)
  }

  @Test func `when all callers are gone the load is cancelled and the lease given back`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(lease: .seconds(60)))
    let (begun, ended) = (Box(false), Box(false))
    let caller = Task {
      try await users.getOrLoad("7") {
        begun.value = true
        defer { ended.value = true }
        try await Task.sleep(for: .seconds(60))
        return "late"
      }
    }
    try await eventually { begun.value }
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
    try await eventually { ended.value }
    // Not after the lease of a minute: at once.
    let begin = ContinuousClock.now
    #expect(try await users.getOrLoad("7") { "new" } == "new")
    #expect(ContinuousClock.now - begin < .seconds(30))
  }

  @Test func `a delete during a load wins, and who asks after it gets the new value`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let source = Box("old")
    let (loaded, open) = (Box(false), Box(false))
    let early = Task {
      try await users.getOrLoad("7") {
        let value = source.value
        loaded.value = true
        try await eventually { open.value }
        return value
      }
    }
    try await eventually { loaded.value }
    source.value = "new"
    try await users.delete("7")
    let late = Task { try await users.getOrLoad("7") { source.value } }
    try await eventually { users.waiting(for: "7") == 2 }
    open.value = true
    #expect(try await early.value == "old")
    #expect(try await late.value == "new")
    #expect(try await users.get("7") == .hit("new"))
  }

  @Test func `in a hold-off values are returned and not kept`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    try await users.delete("7", holdoff: .seconds(30))
    #expect(try await users.getOrLoad("7") { "perhaps old" } == "perhaps old")
    #expect(try await users.get("7") == .miss)
  }

  @Test func `a failed load is the caller's error, and keeps the fleet from the source for a while`() async throws {
    let space = try await TestSpace.shared()
    let options = CacheOptions(backoff: .seconds(4))
    await #expect(throws: SourceFailed.self) {
      try await cache(space, options).getOrLoad("7") { throw SourceFailed() }
    }
    let error = await #expect(throws: CacheError.self) { try await cache(space, options).getOrLoad("7") { "Ada" } }
    #expect(error?.code == .backoff)
    #expect(error?.retryAfter.map { $0 > .zero && $0 <= .seconds(4) } == true)
    try await eventually { (try? await cache(space, options).getOrLoad("7") { "Ada" }) == "Ada" }
  }

  @Test func `a stale value within its grace is served instead of an error`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(
      space, CacheOptions(ttl: .milliseconds(20), grace: .seconds(30), jitter: 0, backoff: .seconds(20)))
    #expect(try await users.getOrLoad("7") { "old" } == "old")
    // The client takes it for stale two milliseconds before the server does, so the first ones may not load yet.
    let asked = Box(false)
    try await eventually {
      let served = try await users.getOrLoad("7") {
        asked.update { $0 = true }
        throw SourceFailed()
      }
      #expect(served == "old")
      return asked.value
    }
    // And while the fleet backs off, too.
    #expect(try await users.getOrLoad("7") { "unasked" } == "old")
  }

  @Test func `a loader that died is replaced when its lease ends`() async throws {
    let space = try await TestSpace.shared()
    let calls = try CacheCalls("7", namespace: space.namespace)
    _ = try await space.redis.run(try calls.acquire(token: "dead", lease: .milliseconds(150)))
    #expect(try await cache(space).getOrLoad("7") { "Ada" } == "Ada")
  }

  @Test func `a slow loader keeps its lease by renewal`() async throws {
    let space = try await TestSpace.shared()
    let options = CacheOptions(lease: .seconds(3))
    let loads = Box(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        let users = cache(space, options)
        group.addTask {
          _ = try await users.getOrLoad("7") {
            loads.update { $0 += 1 }
            try await Task.sleep(for: .seconds(4))
            return "Ada"
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(loads.value == 1)
  }

  @Test func `who waits too long for another's load is told so`() async throws {
    let space = try await TestSpace.shared()
    let calls = try CacheCalls("7", namespace: space.namespace)
    _ = try await space.redis.run(try calls.acquire(token: "other", lease: .seconds(20)))
    let users = cache(space, CacheOptions(wait: .milliseconds(50)))
    let error = await #expect(throws: CacheError.self) { try await users.getOrLoad("7") { "Ada" } }
    #expect(error?.code == .timedOut)
    _ = try await space.redis.run(try calls.release(token: "other"))
  }

  @Test func `a loader that asks for its own key gets an error, not a standstill`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(wait: .milliseconds(50)))
    let error = await #expect(throws: CacheError.self) {
      try await users.getOrLoad("7") { try await users.getOrLoad("7") { "inner" } }
    }
    #expect(error?.code == .timedOut)
  }

  @Test func `one's own load may take longer than the wait for another's`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(wait: .milliseconds(20)))
    let (begun, open) = (Box(false), Box(false))
    let first = Task {
      try await users.getOrLoad("7") {
        begun.value = true
        try await eventually { open.value }
        return "Ada"
      }
    }
    try await eventually { begun.value }
    let error = await #expect(throws: CacheError.self) { try await users.getOrLoad("7") { "Ada" } }
    #expect(error?.code == .timedOut)
    open.value = true
    #expect(try await first.value == "Ada")
  }

  @Test func `an entry of another codec is an error, not a wrong value`() async throws {
    let space = try await TestSpace.shared()
    let raw = Cache(on: space.redis, codec: .bytes, namespace: space.namespace)
    _ = try await raw.getOrLoad("7") { [0xFF] }
    let error = await #expect(throws: CacheError.self) { try await cache(space).get("7") }
    #expect(error?.code == .codec)
  }

  @Test func `a read is one round trip, and so is a hit`() async throws {
    let space = try await TestSpace.shared()
    let counting = Counting(redis: space.redis)
    let users = Cache(on: counting, codec: .string, namespace: space.namespace)
    _ = try await users.getOrLoad("7") { "Ada" }
    // A miss: read, acquire, fill.
    #expect(counting.trips.value == 3)
    _ = try await users.getOrLoad("7") { "Ada" }
    #expect(counting.trips.value == 4)
  }

  @Test func `a jitter that could halve a life is refused before the source is asked`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(jitter: 0.6))
    let error = await #expect(throws: RedisError.self) {
      try await users.getOrLoad("7") {
        Issue.record("the source was asked")
        return "Ada"
      }
    }
    #expect(error?.code == .argument)
  }

  @Test func `it needs nothing of a client but execute`() async throws {
    let space = try await TestSpace.shared()
    let users = Cache(on: try space.plain(), codec: .string, namespace: space.namespace)
    #expect(try await users.getOrLoad("7") { "Ada" } == "Ada")
    #expect(try await users.get("7") == .hit("Ada"))
    #expect(try await users.delete("7"))
  }
}
