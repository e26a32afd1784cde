import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `Tags of a cache` {
  private func cache(_ space: TestSpace, _ options: CacheOptions = CacheOptions()) -> Cache<String> {
    Cache(on: space.redis, options: options, codec: .string, namespace: space.namespace)
  }

  @Test func `a tag takes all its values with it`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(grace: .seconds(30), refresh: .background))
    for key in ["1", "2"] { #expect(try await users.getOrLoad(key, tags: ["red", "all"]) { "old" } == "old") }
    #expect(try await users.getOrLoad("3", tags: ["all"]) { nil } == nil)
    #expect(try await users.getOrLoad("4") { "untagged" } == "untagged")
    #expect(try await users.deleteTag("red"))
    #expect(try await !users.deleteTag("red"))
    #expect(
      try await users.getMany(["1", "2", "3", "4"]) == [
        "1": .miss, "2": .miss, "3": .negative, "4": .hit("untagged"),
      ])
    // Not even as a stale value, although the grace has not passed.
    #expect(try await users.getOrLoad("1", tags: ["red", "all"]) { "new" } == "new")
    #expect(try await users.deleteTag("all"))
    #expect(try await users.getMany(["1", "3", "4"]) == ["1": .miss, "3": .miss, "4": .hit("untagged")])
  }

  @Test func `a soft delete of a tag leaves its values to be served`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space, CacheOptions(grace: .seconds(30), refresh: .background))
    #expect(try await users.getOrLoad("7", tags: ["t"]) { "old" } == "old")
    #expect(try await users.markTagStale("t"))
    #expect(try await users.get("7") == .miss)
    #expect(try await users.getOrLoad("7", tags: ["t"]) { "new" } == "old")
    await users.drain()
    #expect(try await users.get("7") == .hit("new"))
    #expect(try await !users.markTagStale("another"))
  }

  @Test func `a tag deleted during a load is not undone by it`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let name = try await users.getOrLoad("7", tags: ["t"]) {
      try await users.deleteTag("t")
      return "read before"
    }
    #expect(name == "read before")
    #expect(try await users.get("7") == .miss)
  }

  @Test func `who asks after a tag was deleted does not share the load that began before`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let source = Box("old")
    let (loaded, open) = (Box(false), Box(false))
    let early = Task {
      try await users.getOrLoad("7", tags: ["t"]) {
        let value = source.value
        loaded.value = true
        try await eventually { open.value }
        return value
      }
    }
    try await eventually { loaded.value }
    source.value = "new"
    try await users.deleteTag("t")
    let late = Task { try await users.getOrLoad("7", tags: ["t"]) { source.value } }
    try await eventually { users.waiting(for: "7") == 2 }
    open.value = true
    #expect(try await early.value == "old")
    #expect(try await late.value == "new")
    #expect(try await users.get("7", tags: ["t"]) == .hit("new"))
  }

  @Test func `a tag deleted while a writer commits is not undone by it`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    try await users.writeThrough("7", tags: ["t"]) {
      try await users.deleteTag("t")
      return Versioned("joined with what the tag stands for")
    }
    #expect(try await users.get("7") == .miss)
    try await users.put("7", "Ada", tags: ["t"])
    #expect(try await users.get("7", tags: ["t"]) == .hit("Ada"))
    try await users.deleteTag("t")
    #expect(try await users.get("7", tags: ["t"]) == .miss)
  }

  @Test func `a tag that was evicted costs a load and no more`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    #expect(try await users.getOrLoad("7", tags: ["t"]) { "old" } == "old")
    _ = try await space.redis.execute(RESPCommand("DEL", try CacheTagCalls("t", namespace: space.namespace).tag))
    #expect(try await users.get("7") == .miss)
    #expect(try await users.getOrLoad("7", tags: ["t"]) { "new" } == "new")
  }

  @Test func `a named tag costs no round trip, and one that is not named one`() async throws {
    let space = try await TestSpace.shared()
    try await space.redis.preloadScripts()
    let counting = Counting(redis: space.redis)
    let users = Cache(on: counting, codec: .string, namespace: space.namespace)
    #expect(try await users.getOrLoad("7", tags: ["a", "b"]) { "Ada" } == "Ada")
    // A miss: read, acquire, the tags' epochs, fill.
    #expect(counting.trips.value == 4)
    #expect(try await users.get("7", tags: ["a", "b", "c"]) == .hit("Ada"))
    #expect(counting.trips.value == 5)
    #expect(try await users.get("7") == .hit("Ada"))
    #expect(counting.trips.value == 7)
    try await users.deleteTag("a")
    try await users.markTagStale("b")
    #expect(counting.trips.value == 9)
  }

  @Test func `tags that no header holds are refused, and the lease given back`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    for tags in [[""], [String(repeating: "x", count: 513)], (0..<17).map(String.init)] {
      let error = await #expect(throws: RedisError.self) { try await users.getOrLoad("7", tags: tags) { "Ada" } }
      #expect(error?.code == .argument)
    }
    let lease = try CacheCalls("7", namespace: space.namespace).lease
    try await eventually { try await space.redis.execute(RESPCommand("EXISTS", lease)).int == 0 }
  }
}
