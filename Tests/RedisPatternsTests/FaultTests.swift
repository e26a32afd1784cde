import Foundation
import Hiredis
import RESP
import RedisPatterns
@testable import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.ownThread) struct `Patterns under faults` {
  @Test func `with a full memory, giving back works and taking is refused`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      let limiter = RateLimiter(on: redis, limit: .tokenBucket(10, per: .seconds(3600)))
      let lock = Lock("x", on: redis, ttl: .seconds(120))
      let cache = Cache(on: redis, codec: .string)
      let cached = try CacheCalls("7")
      _ = try await limiter.take("a", cost: 4, request: "r1")
      let lease = try #require(try await lock.tryAcquire().lease)
      _ = try await cache.getOrLoad("kept") { "value" }
      _ = try await redis.run(try cached.acquire(token: "loader", lease: .seconds(60)))

      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      #expect(await code { _ = try await limiter.take("a") } == .outOfMemory)
      #expect(await code { _ = try await Lock("y", on: redis).tryAcquire() } == .outOfMemory)
      #expect(await code { _ = try await cache.getOrLoad("new") { "value" } } == .outOfMemory)
      var entry = CacheEntry()
      entry.payload = Array("late".utf8)
      let fill = try cached.fill(token: "loader", value: entry, ttl: .seconds(60))
      #expect(await code { _ = try await redis.run(fill) } == .outOfMemory)

      #expect(try await lease.renew() == .renewed)
      #expect(try await lease.release() == .released)
      #expect(try await cache.get("kept") == .hit("value"))
      #expect(try await cache.delete("kept", holdoff: .seconds(5)))
      let released = try await redis.run(try cached.release(token: "loader", backoff: .seconds(5)))
      #expect(try CacheCalls.released(released) == .released)
      guard case .refunded(4, let tiers) = try await limiter.refund("a", request: "r1") else {
        Issue.record("no refund")
        return
      }
      #expect(tiers.first?.remaining == 10)

      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 0))
      #expect(try await limiter.take("a", cost: 10).isAllowed)
    }
  }

  @Test func `a value that could not be kept is returned all the same`() async throws {
    try await withServer { server, plain in
      let cache = Cache(on: try RedisClient(server.url), codec: .string)
      let name = try await cache.getOrLoad("7") {
        _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
        return "Ada"
      }
      #expect(name == "Ada")
      #expect(try await cache.get("7") == .miss)
      // The lease was given back, though nothing could be stored.
      try await eventually { try await plain.execute(RESPCommand("DBSIZE")).int == 0 }
    }
  }

  @Test func `scripts that the server forgot in mid-traffic are sent again`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      let limiter = RateLimiter(on: redis, limit: .tokenBucket(300, per: .seconds(86_400)))
      let allowed = Box(0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<10 {
          group.addTask {
            for _ in 0..<40 {
              if try await limiter.take("a").isAllowed { allowed.update { $0 += 1 } }
            }
          }
        }
        group.addTask {
          while allowed.value < 250 {
            _ = try await plain.execute(RESPCommand("SCRIPT", "FLUSH"))
            await Task.yield()
          }
        }
        try await group.waitForAll()
      }
      #expect(allowed.value == 300)
    }
  }

  @Test func `a process that is killed while it holds the lock is replaced`() async throws {
    try await withServer { server, _ in
      // The holder is a process of its own: redis-cli runs the acquiring script, then waits for ever.
      let calls = try LockCalls("x")
      let call = try calls.acquire(owner: "dead", ttl: .seconds(6))
      let words = call.arguments.list.map { String(decoding: $0, as: UTF8.self) }
      let source = String(decoding: call.script.source, as: UTF8.self)
      let holder = try ChildProcess(
        "/usr/bin/env",
        ["redis-cli", "-s", server.socketPath, "-r", "-1", "-i", "60", "EVAL", source, "\(call.keys.count)"]
          + call.keys + words)
      func end() {
        holder.signal(SIGKILL)
        holder.reap()
      }
      defer { if !holder.hasEnded() { end() } }
      let redis = try RedisClient(server.url)
      try await eventually { try await redis.execute(RESPCommand("EXISTS", "lock:{x}")).int == 1 }
      end()
      let lease = try await Lock("x", on: redis).acquire(wait: .seconds(20))
      #expect(try await lease.release() == .released)
    }
  }

  @Test func `a store that is down when the work ends does not undo the work`() async throws {
    try await withServer { server, _ in
      let lock = Lock("x", on: try RedisClient(server.url))
      let result = try await lock.withLock { _ in
        server.kill()
        return "done"
      }
      #expect(result == "done")
    }
  }

  private func code(_ work: () async throws -> Void) async -> RedisError.Code? {
    do {
      try await work()
      return nil
    } catch {
      return (error as? RedisError)?.code
    }
  }
}
