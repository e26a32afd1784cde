import RESP
import RedisPatterns
import TestSupport
import Testing

/// A codec is somebody's code: whatever it throws, the caller gets a typed error, without the value.
@Suite struct `Codecs that fail` {
  private struct Broken: CacheCodec {
    struct Refusal: Error { let value: String }
    let number: UInt8 = 200
    func encode(_ value: String) throws -> [UInt8] { throw Refusal(value: value) }
    func decode(_ bytes: [UInt8]) throws -> String { throw Refusal(value: String(decoding: bytes, as: UTF8.self)) }
  }

  @Test func `a value that a codec cannot encode is an argument error, and nothing is published`() async throws {
    try await withServer { _, redis in
      let counting = Counting(redis: redis)
      let error = await #expect(throws: RedisError.self) {
        try await Publisher("c", on: counting, codec: Broken()).publish("secret")
      }
      #expect(error?.code == .argument && error?.execution == .notExecuted)
      #expect(!"\(error!)".contains("secret"))
      #expect(counting.trips.value == 0)
    }
  }

  @Test func `a value that a codec cannot encode is a codec error, and nothing is cached`() async throws {
    try await withServer { _, redis in
      let counting = Counting(redis: redis)
      let cache = Cache(on: counting, codec: Broken())
      let error = await #expect(throws: CacheError.self) { try await cache.put("k", "secret", tags: ["t"]) }
      #expect(error?.code == .codec)
      #expect(!"\(error!)".contains("secret"))
      #expect(counting.trips.value == 0)
      let loaded = await #expect(throws: CacheError.self) { try await cache.getOrLoad("k") { "secret" } }
      #expect(loaded?.code == .codec)
      let left = try await redis.execute(RESPCommand("EXISTS", "cache:{k}"))
      #expect(left.int == 0)
    }
  }

  @Test func `an entry that a codec cannot decode is a codec error without its content`() async throws {
    try await withServer { _, redis in
      struct Writer: CacheCodec {
        let number: UInt8 = 200
        func encode(_ value: String) -> [UInt8] { Array(value.utf8) }
        func decode(_ bytes: [UInt8]) -> String { "" }
      }
      try await Cache(on: redis, codec: Writer()).put("k", "secret")
      let error = await #expect(throws: CacheError.self) { try await Cache(on: redis, codec: Broken()).get("k") }
      #expect(error?.code == .codec)
      #expect(!"\(error!)".contains("secret"))
    }
  }
}
