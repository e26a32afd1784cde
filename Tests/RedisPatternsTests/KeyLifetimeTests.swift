import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite struct `Lifetimes of keys` {
  @Test func `a key without an end, or with one too far, is seen`() async throws {
    try await withServer { _, redis in
      let lifetimes = try KeyLifetimes()
      _ = try await RateLimiter(on: redis, limit: .tokenBucket(5, per: .seconds(86_400)), namespace: "a").take(
        "x", request: "r")
      _ = try await Lock("x", on: redis, namespace: "a").tryAcquire()
      _ = try await Cache(on: redis, codec: .string, namespace: "a").getOrLoad("x") { "value" }
      _ = try await Semaphore("x", on: redis, limit: 1, namespace: "a").tryAcquire()
      _ = try await FencedValue("x", on: redis, ttl: .seconds(60), namespace: "a").write([], fence: 1)
      #expect(try await redis.execute(RESPCommand("DBSIZE")).int == 9)
      #expect(try await lifetimes.offenders(on: redis) == [])

      for key in [
        "a:lock:{x}", "a:lock:{x}:fence", "a:bucket:{x}", "a:bucket:{x}:request:r", "a:cache:{x}", "a:semaphore:{x}",
        "a:semaphore:{x}:fence", "a:fenced:{x}", "a:fenced:{x}:fence",
      ] {
        let life = try await redis.execute(RESPCommand("PTTL", key)).int ?? 0
        _ = try await redis.execute(RESPCommand("PERSIST", key))
        #expect(try await lifetimes.offenders(on: redis) == ["\(key) never expires"])
        _ = try await redis.execute(RESPCommand("PEXPIRE", key, 400 * 86_400_000))
        #expect(try await lifetimes.offenders(on: redis).count == 1)
        #expect(try await lifetimes.offenders(on: redis, virtual: true).count == 1)
        _ = try await redis.execute(RESPCommand("PEXPIRE", key, life))
      }
      _ = try await redis.execute(RESPCommand("SET", "somebody-elses", "1"))
      #expect(try await lifetimes.offenders(on: redis) == [])
    }
  }
}
