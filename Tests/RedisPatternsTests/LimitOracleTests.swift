import ParitySupport
import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite struct `Windows and logs against their definitions` {
  static let families: [(name: String, algorithms: [RateLimit.Algorithm])] = [
    ("windows", [.fixedWindow, .alignedWindow, .slidingWindow]), ("log", [.slidingLog]),
  ]

  @Test(arguments: families) func `every answer is the definition's, to the microsecond and the unit`(
    name: String, algorithms: [RateLimit.Algorithm]
  ) async throws {
    let seed = RandomRun.seed(name)
    var chance = SeededGenerator(seed: seed)
    try await withServer { _, redis in
      var wrong = 0
      var steps = 0
      var seen: [String: Int] = [:]
      for number in 0..<RandomRun.count(20) {
        var world = LimitWorld(number, algorithms, using: &chance)
        let history = (0..<500).map { _ in world.next(using: &chance) }
        let replies = try await redis.runAll(try history.map { try $0.call(world.id) })
        steps += replies.count
        for (at, (step, reply)) in zip(history, replies).enumerated() {
          let calls = try LimitCalls(limit: step.limit)
          let (answer, right): (String, Bool)
          switch step.expected {
          case .decision(let expected):
            let decision = try calls.decision(reply)
            (answer, right) = ("\(decision)", decision == expected)
            seen["\(decision.status)", default: 0] += 1
          case .refund(let expected):
            let refund: Refund = try calls.refund(reply)
            (answer, right) = ("\(refund)", refund == expected)
            seen[refund == .unknown ? "unknown" : refund == .passed ? "passed" : "refunded", default: 0] += 1
          }
          if !right { wrong += 1 }
          if !right, wrong < 4 { Issue.record("step \(at) of \(number): \(answer) to \(step)") }
        }
      }
      Evidence.record("limits", "steps", count: steps, seed: seed, violations: wrong, seen: seen)
      #expect(wrong == 0)
      // The histories must reach every outcome, or they prove little.
      #expect(seen.count == 6 && seen.values.allSatisfy { $0 > steps / 1000 }, "\(seen)")
    }
  }

  @Test(arguments: NaiveLimit.allCases) func `the forms that are found everywhere fail the same test`(
    naive: NaiveLimit
  ) async throws {
    var chance = SeededGenerator(seed: RandomRun.seed("\(naive)"))
    try await withServer { _, redis in
      var oracle = LimitOracle()
      var nowUs = 4_102_444_800_000_000
      var commands: [RESPCommand] = []
      var expected: [Bool] = []
      let tier = RateLimit.Tier("default", 10, per: .seconds(1), by: naive.algorithm)
      for _ in 0..<2000 {
        nowUs += Int.random(in: 0...([0, 1, 200_000].randomElement(using: &chance) ?? 1), using: &chance)
        let cost = Int.random(in: 1...4, using: &chance)
        commands.append(
          RESPCommand("EVAL", naive.script, 1, "naive", tier.limit, tier.perUs, nowUs, cost))
        expected.append(
          oracle.decide([tier], cost: cost, isTake: true, request: nil, nowUs: nowUs).isAllowed)
      }
      var wrong = 0
      for (reply, right) in zip(await redis.pipeline(commands), expected) where (try reply.get().int == 1) != right {
        wrong += 1
      }
      let name = naive.algorithm.rawValue.replacing("_", with: " ")
      Evidence.control("limits", ["wrong answers of the naive \(name)": wrong])
      #expect(wrong > 10)
    }
  }

  @Test func `a log never admits more than its limit within one window`() async throws {
    var chance = SeededGenerator(seed: RandomRun.seed("log bound"))
    try await withServer { _, redis in
      let calls = try LimitCalls(limit: .slidingLog(25, per: .seconds(1)))
      var nowUs = 4_102_444_800_000_000
      var moments: [Int] = []
      for _ in 0..<40 {
        var batch: [(nowUs: Int, call: ScriptCall)] = []
        for _ in 0..<50 {
          nowUs += Int.random(in: 0...60_000, using: &chance)
          batch.append((nowUs, try calls.take("u", nowUs: Int64(nowUs))))
        }
        for (step, reply) in zip(batch, try await redis.runAll(batch.map(\.call))) {
          if try calls.decision(reply).isAllowed { moments.append(step.nowUs) }
        }
      }
      #expect(moments.count > 500)
      for (first, later) in zip(moments, moments.dropFirst(25)) { #expect(later - first >= 1_000_000) }
    }
  }
}

extension LimitWorld.Step {
  fileprivate func call(_ id: String) throws -> ScriptCall {
    let calls = try LimitCalls(limit: limit)
    switch action {
    case .decide(let cost, true, let request):
      return try calls.take(id, cost: Int64(cost), request: request, nowUs: Int64(nowUs))
    case .decide(let cost, false, _): return try calls.peek(id, cost: Int64(cost), nowUs: Int64(nowUs))
    case .refund(let request): return try calls.refund(id, request: request, nowUs: Int64(nowUs))
    }
  }
}

/// The forms that are found everywhere, in the same virtual time.
enum NaiveLimit: CaseIterable {
  /// A counter that denials raise too.
  case countFirst
  /// An estimate that is rounded down and leaves the cost out.
  case blend
  /// A set of timestamps, in which two of one moment are one.
  case members

  var algorithm: RateLimit.Algorithm {
    switch self {
    case .countFirst: .fixedWindow
    case .blend: .slidingWindow
    case .members: .slidingLog
    }
  }

  var script: String {
    """
    local key, limit, length = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
    local now, cost = tonumber(ARGV[3]), tonumber(ARGV[4])

    """ + body
  }

  private var body: String {
    switch self {
    case .countFirst:
      """
      local begun = tonumber(redis.call('HGET', key, 'begun') or now)
      if now >= begun + length then redis.call('DEL', key) begun = now end
      redis.call('HSETNX', key, 'begun', ARGV[3])
      return redis.call('HINCRBY', key, 'n', cost) <= limit and 1 or 0
      """
    case .blend:
      """
      local begun = tonumber(redis.call('HGET', key, 'begun') or now)
      local current = tonumber(redis.call('HGET', key, 'n') or 0)
      local previous = tonumber(redis.call('HGET', key, 'p') or 0)
      if now >= begun + 2 * length then current, begun = 0, now - length end
      if now >= begun + length then previous, current, begun = current, 0, begun + length end
      if math.floor(previous * (1 - (now - begun) / length)) + current >= limit then return 0 end
      redis.call('HSET', key, 'n', current + cost, 'p', previous, 'begun', string.format('%.0f', begun))
      return 1
      """
    case .members:
      """
      redis.call('ZREMRANGEBYSCORE', key, 0, string.format('%.0f', now - length))
      if redis.call('ZCARD', key) + cost > limit then return 0 end
      for i = 1, cost do redis.call('ZADD', key, ARGV[3], ARGV[3]) end
      return 1
      """
    }
  }
}
