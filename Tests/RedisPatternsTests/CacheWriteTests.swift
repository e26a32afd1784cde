import Hiredis
import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `Writing to a cache` {
  private struct SourceFailed: Error {}

  private func cache(_ space: TestSpace, _ options: CacheOptions = CacheOptions()) -> Cache<String> {
    Cache(on: space.redis, options: options, codec: .string, namespace: space.namespace)
  }

  @Test func `what is put is read, and voids the load under way`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    let name = try await users.getOrLoad("7") {
      try await users.put("7", "written meanwhile")
      return "read before"
    }
    #expect(name == "read before")
    #expect(try await users.get("7") == .hit("written meanwhile"))
    try await users.put("7", nil)
    #expect(try await users.get("7") == .negative)
  }

  @Test func `the newest version stays, in whatever order puts arrive`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    #expect(try await users.put("7", "two", version: 2))
    #expect(try await !users.put("7", "one", version: 1))
    #expect(try await users.get("7") == .hit("two"))
    #expect(try await !users.delete("7", version: 1))
    #expect(try await users.delete("7", version: 3))
    #expect(try await !users.put("7", "two", version: 2))
    #expect(try await users.getOrLoadVersioned("7") { Versioned("two", version: 2) } == "two")
    #expect(try await users.get("7") == .miss, "what is older than the delete is returned, not kept")
    #expect(try await users.getOrLoadVersioned("7") { Versioned("three", version: 3) } == "three")
    #expect(try await users.get("7") == .hit("three"))
  }

  @Test func `writing through leaves the new value, and nothing old while it runs`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    try await users.put("7", "old", version: 1)
    let written = try await users.writeThrough("7") { () async throws -> Versioned<String> in
      #expect(try await users.get("7") == .miss)
      // Somebody reads what is not committed yet.
      #expect(try await users.getOrLoad("7") { "old" } == "old")
      #expect(try await users.get("7") == .miss)
      return Versioned("new", version: 2)
    }
    #expect(written == "new")
    #expect(try await users.get("7") == .hit("new"))
  }

  @Test func `a write that fails, or dies before it is cached, leaves nothing old`() async throws {
    let space = try await TestSpace.shared()
    let users = cache(space)
    try await users.put("7", "old")
    await #expect(throws: SourceFailed.self) { try await users.writeThrough("7") { throw SourceFailed() } }
    #expect(try await users.get("7") == .miss)
    // The hold-off is still in force: what others load now is not kept.
    #expect(try await cache(space).getOrLoad("7") { "perhaps old" } == "perhaps old")
    #expect(try await users.get("7") == .miss)
  }

  @Test func `many keys are read in one round trip`() async throws {
    let space = try await TestSpace.shared()
    let counting = Counting(redis: space.redis)
    let users = Cache(on: counting, codec: .string, namespace: space.namespace)
    try await users.put("1", "Ada")
    try await users.put("2", nil)
    let before = counting.trips.value
    let found = try await users.getMany(["1", "2", "3", "1"])
    #expect(counting.trips.value == before + 1)
    #expect(found == ["1": .hit("Ada"), "2": .negative, "3": .miss])
    #expect(try await users.getMany([]).isEmpty)
    #expect(counting.trips.value == before + 1)
  }

  @Test func `a put, a mark and a delete are one call of a script each, and writing through is two`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      defer { redis.close() }
      let users = Cache(on: redis, codec: .string)
      func calls(_ work: () async throws -> Void) async throws -> Int {
        _ = try await plain.execute(RESPCommand("CONFIG", "RESETSTAT"))
        try await work()
        let stats = try await plain.execute(RESPCommand("INFO", "commandstats")).string ?? ""
        let lines = stats.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("cmdstat_eval") }
        return lines.compactMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) }.reduce(0, +)
      }
      for _ in 0..<2 {  // The first time the server learns the scripts.
        try await users.put("7", "Ada")
        try await users.markStale("7")
        try await users.delete("7")
      }
      #expect(try await calls { try await users.put("7", "Ada") } == 1)
      #expect(try await calls { try await users.markStale("7") } == 1)
      #expect(try await calls { try await users.delete("7", version: 4) } == 1)
      #expect(try await calls { try await users.writeThrough("7") { Versioned("Ada", version: 5) } } == 2)
    }
  }

  @Test func `with a full memory a put is refused and the old value gone, a soft delete works`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      defer { redis.close() }
      let users = Cache(on: redis, options: CacheOptions(grace: .seconds(30)), codec: .string)
      try await users.put("1", "old")
      try await users.put("2", "old")
      try await users.put("3", "old", version: 1)
      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      let error = await #expect(throws: RedisError.self) { try await users.put("1", "new") }
      #expect(error?.code == .outOfMemory)
      #expect(try await users.get("1") == .miss)
      #expect(try await users.markStale("2", holdoff: .seconds(5)))
      #expect(try await users.get("2") == .miss)
      #expect(try await users.delete("3", version: 2))
      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 0))
      #expect(try await !users.put("3", "late", version: 1))
    }
  }
}
