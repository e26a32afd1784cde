import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.ownThread) struct `Lock under random schedules` {
  @Test func `no schedule breaks mutual exclusion, order or fences, though every wake-up is lost`() async throws {
    let schedules = RandomRun.count(500)
    let seed = RandomRun.seed("lock schedules")
    let outcome = try await play(schedules, seed: seed) { number in ShippedLock(number) }
    Evidence.record(
      "lock", "schedules", count: schedules, seed: seed, violations: outcome.violations.count + outcome.stuck,
      seen: ["grants": outcome.grants])
    #expect(outcome.violations.isEmpty, "\(outcome.violations.prefix(5))")
    #expect(outcome.stuck == 0, "waiters that were never granted")
    #expect(outcome.grants > schedules * 10)
  }

  @Test func `a lock by SET NX and INCR fails the same schedules`() async throws {
    let outcome = try await play(60, seed: RandomRun.seed("naive lock")) { number in NaiveLock(number) }
    Evidence.control("lock", ["violations of SET NX and INCR": outcome.violations.count])
    #expect(outcome.violations.contains { $0.contains("overtook") })
    #expect(outcome.violations.contains { $0.contains("fence") })
    #expect(outcome.violations.contains { $0.contains("a repeat was refused") })
  }

  private struct Outcome {
    var violations: [String] = []
    var grants = 0
    var stuck = 0
  }

  /// Plays many schedules at once, one step of each in a round trip.
  private func play(_ count: Int, seed: UInt64, _ subject: (Int) -> any LockSubject) async throws -> Outcome {
    var outcome = Outcome()
    try await withServer { _, redis in
      for script in [RedisScript(.lockAcquire), RedisScript(.lockRenew), RedisScript(.lockRelease)] {
        _ = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source))
      }
      var chance = SeededGenerator(seed: seed)
      for start in stride(from: 0, to: count, by: 250) {
        var worlds = (start..<min(start + 250, count)).map { LockWorld($0, subject($0)) }
        for round in 0..<400 {
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

private struct ShippedLock: LockSubject {
  let calls: LockCalls
  let keys: [String]

  init(_ number: Int) {
    let name = "schedule-\(number)"
    do throws(RedisError) { calls = try LockCalls(name) } catch { fatalError("\(error)") }
    keys = ["lock:{\(name)}", "lock:{\(name)}:fence", "lock:{\(name)}:queue", "lock:{\(name)}:waiters"]
  }

  func acquire(owner: String, ttlUs: Int64, patienceUs: Int64, nowUs: Int64) throws -> RESPCommand {
    try calls.acquire(
      owner: owner, ttl: .microseconds(ttlUs), patience: .microseconds(patienceUs), nowUs: nowUs
    ).evalsha
  }

  func renew(owner: String, ttlUs: Int64, nowUs: Int64) throws -> RESPCommand {
    try calls.renew(owner: owner, ttl: .microseconds(ttlUs), nowUs: nowUs).evalsha
  }

  func release(owner: String, nowUs: Int64) throws -> RESPCommand {
    try calls.release(owner: owner, nowUs: nowUs).evalsha
  }
}

/// The lock that is found everywhere (SET NX PX with an owner, compare before delete) with the fence that is: INCR.
private struct NaiveLock: LockSubject {
  let keys: [String]

  init(_ number: Int) { keys = ["naive:{\(number)}", "naive:{\(number)}:fence"] }

  private static let acquireScript = """
    local until_us = tonumber(redis.call('HGET', KEYS[1], 'until_us') or 0)
    local now_us, ttl_us = tonumber(ARGV[3]), tonumber(ARGV[2])
    if until_us > now_us then return { 'held', until_us - now_us } end
    local fence = redis.call('INCR', KEYS[2])
    redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', fence, 'until_us', string.format('%.0f', now_us + ttl_us))
    return { 'acquired', tostring(fence) }
    """
  private static let renewScript = """
    local lease = redis.call('HMGET', KEYS[1], 'owner', 'fence', 'until_us')
    if lease[1] ~= ARGV[1] or tonumber(lease[3]) <= tonumber(ARGV[3]) then return { 'lost' } end
    redis.call('HSET', KEYS[1], 'until_us', string.format('%.0f', tonumber(ARGV[3]) + tonumber(ARGV[2])))
    return { 'renewed', lease[2] }
    """
  private static let releaseScript = """
    local lease = redis.call('HMGET', KEYS[1], 'owner', 'until_us')
    if lease[1] ~= ARGV[1] or tonumber(lease[2]) <= tonumber(ARGV[3]) then return { 'lost' } end
    redis.call('DEL', KEYS[1])
    return { 'released' }
    """

  func acquire(owner: String, ttlUs: Int64, patienceUs: Int64, nowUs: Int64) -> RESPCommand {
    RESPCommand("EVAL", Self.acquireScript, 2, keys[0], keys[1], owner, ttlUs, nowUs)
  }
  func renew(owner: String, ttlUs: Int64, nowUs: Int64) -> RESPCommand {
    RESPCommand("EVAL", Self.renewScript, 2, keys[0], keys[1], owner, ttlUs, nowUs)
  }
  func release(owner: String, nowUs: Int64) -> RESPCommand {
    RESPCommand("EVAL", Self.releaseScript, 2, keys[0], keys[1], owner, 0, nowUs)
  }
}
