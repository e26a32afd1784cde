import LuaScripts
import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.ownThread) struct `Cache under random interleavings` {
  @Test func `no read that begins after a delete sees what was before it, and one loader loads`() async throws {
    let (count, seed) = (RandomRun.count(500), RandomRun.seed("cache interleavings"))
    let outcome = try await play(count, .shipped, seed: seed)
    Evidence.record(
      "cache", "interleavings", count: count, seed: seed, violations: outcome.staleReads + outcome.doubleLoads,
      seen: ["hits": outcome.hits, "voided fills": outcome.voided])
    #expect(outcome.staleReads == 0)
    #expect(outcome.doubleLoads == 0)
    // The interleavings must reach what they are for.
    #expect(outcome.hits > 1000 && outcome.voided > 100, "\(outcome)")
  }

  @Test func `with a hold-off as long as the source lags, nothing old is kept`() async throws {
    let (count, seed) = (RandomRun.count(200), RandomRun.seed("lagging source"))
    let outcome = try await play(count, .laggingSource, seed: seed)
    Evidence.record(
      "cache", "interleavings with a lagging source", count: count, seed: seed, violations: outcome.staleReads,
      seen: ["hits": outcome.hits])
    #expect(outcome.staleReads == 0)
    #expect(outcome.hits > 100, "\(outcome)")
  }

  @Test func `in whatever order writers arrive, nothing older than an acknowledged version is read`() async throws {
    let (count, seed) = (RandomRun.count(300), RandomRun.seed("versioned cache"))
    let outcome = try await play(count, .versioned, seed: seed)
    Evidence.record(
      "cache", "versioned interleavings", count: count, seed: seed, violations: outcome.staleReads,
      seen: ["hits": outcome.hits])
    #expect(outcome.staleReads == 0)
    #expect(outcome.hits > 500, "\(outcome)")
  }

  @Test func `writers that do not pass their versions on leave an older value`() async throws {
    let outcome = try await play(100, .versionsDropped, seed: RandomRun.seed("dropped versions"))
    Evidence.control("cache", ["stale reads of puts without versions": outcome.staleReads])
    #expect(outcome.staleReads > 0)
  }

  @Test func `get, load, set and del fail the same interleavings`() async throws {
    let outcome = try await play(100, .naive, seed: RandomRun.seed("naive cache"))
    Evidence.control("cache", ["stale reads of get, load, set and del": outcome.staleReads])
    #expect(outcome.staleReads > 0)
  }

  private struct Outcome {
    var staleReads = 0
    var doubleLoads = 0
    var hits = 0
    var voided = 0
  }

  private func play(_ count: Int, _ subject: CacheWorld.Subject, seed: UInt64) async throws -> Outcome {
    var outcome = Outcome()
    try await withServer { _, redis in
      let scripts: [RedisScript] = [
        RedisScript(.cacheAcquire), RedisScript(.cacheFill), RedisScript(.cacheRelease), RedisScript(.cacheDelete),
        RedisScript(.cachePut), RedisScript(.cacheMarkStale),
      ]
      for script in scripts { _ = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source)) }
      var chance = SeededGenerator(seed: seed)
      for start in stride(from: 0, to: count, by: 250) {
        var worlds = (start..<min(start + 250, count)).map { CacheWorld($0, subject) }
        for _ in 0..<100 {
          let commands = try worlds.indices.map { try worlds[$0].next(using: &chance) }
          for (at, reply) in await redis.pipeline(commands).enumerated() { try worlds[at].judge(reply.get()) }
        }
        for (at, reply) in await redis.pipeline(worlds.map(\.look)).enumerated() {
          worlds[at].judgeEnd(try reply.get())
        }
        for world in worlds {
          outcome.staleReads += world.staleReads
          outcome.doubleLoads += world.doubleLoads
          outcome.hits += world.hits
          outcome.voided += world.voided
        }
      }
    }
    return outcome
  }
}
