import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `Refreshing a cache` {
  private struct SourceFailed: Error {}

  private let background = CacheOptions(grace: .seconds(30), backoff: .seconds(20), refresh: .background)

  private func cache(_ space: TestSpace, _ options: CacheOptions) -> Cache<String> {
    Cache(on: space.redis, options: options, codec: .string, namespace: space.namespace)
  }

  /// A key whose value is stale and within its grace.
  private func makeStale(_ users: Cache<String>, _ key: String = "7") async throws {
    #expect(try await users.getOrLoad(key) { "old" } == "old")
    #expect(try await users.markStale(key))
  }

  @Test func `nobody waits while a stale value is in its grace, and one load runs beside`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, background)
    try await makeStale(users)
    let (loads, open) = (Box(0), Box(false))
    // The load does not end before all have had their answer: who waited for it would stand still here.
    for _ in 0..<5 {
      let name = try await users.getOrLoad("7") {
        loads.update { $0 += 1 }
        try await eventually { open.value }
        return "new"
      }
      #expect(name == "old")
    }
    open.value = true
    #expect(await users.drain())
    #expect(loads.value == 1)
    #expect(try await users.get("7") == .hit("new"))
  }

  @Test func `in the foreground the one who loads waits`() async throws {
    let space = try await TestSpace.shared()
    var options = background
    options.refresh = .foreground
    let users = cache(space, options)
    try await makeStale(users)
    #expect(try await users.getOrLoad("7") { "new" } == "new")
  }

  @Test func `above the number of refreshes that may run, the caller loads and waits`() async throws {
    let space = try await TestSpace.shared()
    var options = background
    options.refreshes = 1
    let users = cache(space, options)
    try await makeStale(users, "1")
    try await makeStale(users, "2")
    let open = Box(false)
    let first = try await users.getOrLoad("1") {
      try await eventually { open.value }
      return "new"
    }
    #expect(first == "old")
    #expect(try await users.getOrLoad("2") { "new" } == "new")
    open.value = true
    await users.drain()
  }

  @Test func `a refresh that fails leaves the stale value, and the source alone for the back-off`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, background)
    try await makeStale(users)
    let loads = Box(0)
    for _ in 0..<3 {
      let name = try await users.getOrLoad("7") {
        loads.update { $0 += 1 }
        throw SourceFailed()
      }
      #expect(name == "old")
      await users.drain()
    }
    #expect(loads.value == 1)
  }

  @Test func `a refresh that does not end in time is cancelled, and its lease given back`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, background)
    try await makeStale(users)
    let name = try await users.getOrLoad("7") {
      try await Task.sleep(for: .seconds(60))
      return "late"
    }
    #expect(name == "old")
    #expect(await !users.drain(within: .milliseconds(1)))
    let lease = try CacheCalls("7", namespace: space.namespace).lease
    #expect(try await space.redis.execute(RESPCommand("EXISTS", lease)).int == 0)
  }

  @Test func `a value is renewed before its end, the sooner the longer its load takes`() async throws {
    let space = try await TestSpace.shared()
    // Fresh for 20 s more, and its load took a month: whatever is drawn, half of the ttl of 100 s is the bound.
    let calls = try CacheCalls("7", namespace: space.namespace)
    var entry = CacheEntry()
    entry.codec = 1
    entry.payload = Array("old".utf8)
    let put = try calls.put(value: entry, ttl: .seconds(20), load: .seconds(30 * 86_400))
    _ = try await space.redis.run(put)
    var options = CacheOptions(ttl: .seconds(100), refresh: .background, early: 0.5)
    let users = cache(space, options)
    #expect(try await users.getOrLoad("7") { "new" } == "old")
    await users.drain()
    #expect(try await users.get("7") == .hit("new"))

    // Without `early` it is left alone.
    _ = try await space.redis.run(put)
    options.early = 0
    #expect(try await cache(space, options).getOrLoad("7") { "unasked" } == "old")
  }

  @Test func `a soft delete leaves a value to be served, a hard one none`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(ttl: .seconds(60), grace: .seconds(30), refresh: .background))
    #expect(try await users.getOrLoad("7") { "old" } == "old")
    #expect(try await users.markStale("7"))
    #expect(try await !users.markStale("7"))
    #expect(try await users.get("7") == .miss)
    #expect(try await users.getOrLoad("7") { "new" } == "old")
    await users.drain()
    #expect(try await users.get("7") == .hit("new"))
    #expect(try await users.delete("7"))
    #expect(try await users.getOrLoad("7") { "newer" } == "newer")
  }

  @Test func `a soft delete during a load voids the load`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions())
    let name = try await users.getOrLoad("7") {
      try await users.markStale("7")
      return "read before"
    }
    #expect(name == "read before")
    #expect(try await users.get("7") == .miss)
  }
}
