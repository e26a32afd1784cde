import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.ownThread) struct `Semaphore under random schedules` {
  @Test func `no schedule grants too many permits, passes a waiter or forgets one, though every wake-up is lost`()
    async throws
  {
    let schedules = RandomRun.count(500)
    let seed = RandomRun.seed("semaphore schedules")
    let outcome = try await play(schedules, seed: seed) { number in try ShippedSemaphore(number) }
    Evidence.record(
      "semaphore", "schedules", count: schedules, seed: seed, violations: outcome.violations.count + outcome.stuck,
      seen: ["grants": outcome.grants])
    #expect(outcome.violations.prefix(5) == [])
    #expect(outcome.stuck == 0, "waiters that were never granted")
    #expect(outcome.grants > schedules * 8)
  }

  @Test func `a semaphore without leases and without a queue fails the same schedules`() async throws {
    let outcome = try await play(60, seed: RandomRun.seed("naive semaphore")) { number in NaiveSemaphore(number) }
    Evidence.control(
      "semaphore",
      ["violations of a counter": outcome.violations.count, "waiters that a counter never granted": outcome.stuck])
    #expect(outcome.violations.contains { $0.contains("overtook") })
    #expect(outcome.violations.contains { $0.contains("fits and waits") })
    #expect(outcome.stuck > 0)
  }

  private struct Outcome {
    var violations: [String] = []
    var grants = 0
    var stuck = 0
  }

  /// Plays many schedules at once, one step of each in a round trip.
  private func play(_ count: Int, seed: UInt64, _ subject: (Int) throws -> any SemaphoreSubject) async throws -> Outcome
  {
    var outcome = Outcome()
    try await withServer { _, redis in
      for script in [RedisScript(.semaphoreAcquire), RedisScript(.semaphoreRenew), RedisScript(.semaphoreRelease)] {
        _ = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source))
      }
      var chance = SeededGenerator(seed: seed)
      for start in stride(from: 0, to: count, by: 250) {
        var worlds = try (start..<min(start + 250, count)).map { SemaphoreWorld($0, try subject($0)) }
        for round in 0..<500 {
          for at in worlds.indices { worlds[at].isEnding = round >= 80 }
          if round >= 80, worlds.allSatisfy(\.isQuiet) { break }
          let commands = try worlds.indices.flatMap { try worlds[$0].next(using: &chance) }
          let replies = await redis.pipeline(commands)
          for at in worlds.indices { try worlds[at].judge(replies[2 * at].get(), replies[2 * at + 1].get()) }
        }
        outcome.violations += worlds.flatMap(\.violations)
        outcome.grants += worlds.reduce(0) { $0 + $1.grants }
        outcome.stuck += worlds.count { !$0.isQuiet }
      }
    }
    return outcome
  }
}

private struct ShippedSemaphore: SemaphoreSubject {
  let calls: SemaphoreCalls
  let keys: [String]

  init(_ number: Int) throws {
    let name = "schedule-\(number)"
    calls = try SemaphoreCalls(name)
    keys = ["", ":fence", ":queue", ":waiters"].map { "semaphore:{\(name)}\($0)" }
  }

  func acquire(owner: String, weight: Int64, limit: Int64, ttlUs: Int64, patienceUs: Int64, nowUs: Int64) throws
    -> RESPCommand
  {
    try calls.acquire(
      owner: owner, weight: weight, limit: limit, ttl: .microseconds(ttlUs), patience: .microseconds(patienceUs),
      nowUs: nowUs
    ).evalsha
  }

  func renew(owner: String, ttlUs: Int64, nowUs: Int64) throws -> RESPCommand {
    try calls.renew(owner: owner, ttl: .microseconds(ttlUs), nowUs: nowUs).evalsha
  }

  func release(owner: String, nowUs: Int64) throws -> RESPCommand {
    try calls.release(owner: owner, nowUs: nowUs).evalsha
  }
}

/// A count of what is taken, up at the start and down at the end: the common form.
private struct NaiveSemaphore: SemaphoreSubject {
  let keys: [String]

  init(_ number: Int) { keys = ["naive:semaphore:{\(number)}"] }

  private static let acquireScript = """
    local mine = redis.call('HGET', KEYS[1], ARGV[1])
    if mine then return { 'acquired', string.match(mine, '%d+$') } end
    local used = 0
    for _, held in ipairs(redis.call('HVALS', KEYS[1])) do used = used + string.match(held, '^%d+') end
    if used + ARGV[2] > tonumber(ARGV[3]) then return { 'held', 1 } end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' 8999999999999999 ' .. ARGV[4])
    redis.call('PEXPIRE', KEYS[1], 3600000)
    return { 'acquired', ARGV[4] }
    """
  private static let renewScript =
    "return redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 and { 'renewed', '1' } or { 'lost' }"
  private static let releaseScript =
    "return redis.call('HDEL', KEYS[1], ARGV[1]) == 1 and { 'released' } or { 'lost' }"

  func acquire(owner: String, weight: Int64, limit: Int64, ttlUs: Int64, patienceUs: Int64, nowUs: Int64)
    -> RESPCommand
  {
    RESPCommand("EVAL", Self.acquireScript, 1, keys[0], owner, weight, limit, nowUs)
  }
  func renew(owner: String, ttlUs: Int64, nowUs: Int64) -> RESPCommand {
    RESPCommand("EVAL", Self.renewScript, 1, keys[0], owner)
  }
  func release(owner: String, nowUs: Int64) -> RESPCommand {
    RESPCommand("EVAL", Self.releaseScript, 1, keys[0], owner)
  }
}
