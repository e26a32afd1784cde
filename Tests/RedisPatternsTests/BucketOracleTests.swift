import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.ownThread) struct `Token bucket against exact arithmetic` {
  @Test func `every answer is the oracle's, to the microsecond and the unit`() async throws {
    let seed = RandomRun.seed("token bucket")
    var chance = SeededGenerator(seed: seed)
    try await withServer { _, redis in
      var wrong = 0
      var steps = 0
      var seen: [Decision.Status: Int] = [:]
      for world in 0..<RandomRun.count(10) {
        let (calls, expected) = try history(world, steps: 1000, &chance)
        let replies = try await redis.runAll(calls.map(\.call))
        steps += replies.count
        for (at, reply) in replies.enumerated() {
          switch expected[at] {
          case .decision(let decision):
            let answer = try calls[at].calls.decision(reply)
            seen[answer.status, default: 0] += 1
            if answer != decision { wrong += 1 }
            if answer != decision, wrong < 4 { Issue.record("step \(at) of \(world): \(answer), not \(decision)") }
          case .refund(let refund):
            let answer: Refund = try calls[at].calls.refund(reply)
            if answer != refund { wrong += 1 }
            if answer != refund, wrong < 4 { Issue.record("step \(at) of \(world): \(answer), not \(refund)") }
          }
        }
      }
      let outcomes = Dictionary(uniqueKeysWithValues: seen.map { ("\($0.key)", $0.value) })
      Evidence.record("oracle", "steps", count: steps, seed: seed, violations: wrong, seen: outcomes)
      #expect(wrong == 0)
      // The histories must reach every outcome, or they prove little.
      #expect(seen.count == 3 && seen.values.allSatisfy { $0 > 100 }, "\(seen)")
    }
  }

  @Test func `a bucket in floating point fails the same test`() async throws {
    var chance = SeededGenerator(seed: RandomRun.seed("naive bucket"))
    try await withServer { _, redis in
      var wrong = 0
      for number in 0..<20 {
        var world = BucketWorld(number, oneTier: true, using: &chance)
        var commands: [RESPCommand] = []
        var expected: [Bool] = []
        for _ in 0..<500 {
          let (step, decision, _) = world.next(using: &chance)
          guard case .decide(let cost, _, _) = step.action, let decision else { continue }
          commands.append(NaiveBucket.take(step.id, step.limit.tiers[0], cost: cost, nowUs: step.nowUs))
          expected.append(decision.isAllowed)
        }
        for (reply, right) in zip(await redis.pipeline(commands), expected) where (try reply.get().int == 1) != right {
          wrong += 1
        }
      }
      Evidence.control("oracle", ["wrong answers in floating point": wrong])
      #expect(wrong > 0)
    }
  }

  private enum Expected {
    case decision(Decision)
    case refund(Refund)
  }

  private func history(
    _ number: Int, steps: Int, _ chance: inout SeededGenerator
  ) throws -> ([(calls: LimitCalls, call: ScriptCall)], [Expected]) {
    var world = BucketWorld(number, using: &chance)
    var sent: [(calls: LimitCalls, call: ScriptCall)] = []
    var expected: [Expected] = []
    for _ in 0..<steps {
      let (step, decision, refund) = world.next(using: &chance)
      let calls = try LimitCalls(limit: step.limit)
      switch step.action {
      case .decide(let cost, let isTake, let request):
        let call =
          isTake
          ? try calls.take(step.id, cost: Int64(cost), request: request, nowUs: Int64(step.nowUs))
          : try calls.peek(step.id, cost: Int64(cost), nowUs: Int64(step.nowUs))
        sent.append((calls, call))
      case .refund(let request):
        sent.append((calls, try calls.refund(step.id, request: request, nowUs: Int64(step.nowUs))))
      }
      if let decision { expected.append(.decision(decision)) }
      if let refund { expected.append(.refund(refund)) }
    }
    return (sent, expected)
  }
}

/// The token bucket that is found everywhere: tokens and rate as floating point, whole milliseconds, the caller's clock.
private enum NaiveBucket {
  static let script = """
    local key = KEYS[1]
    local capacity = tonumber(ARGV[1])
    local rate = tonumber(ARGV[2])
    local now = tonumber(ARGV[3])
    local requested = tonumber(ARGV[4])
    local data = redis.call('HMGET', key, 'tokens', 'last_refill')
    local tokens = tonumber(data[1]) or capacity
    local last_refill = tonumber(data[2]) or now
    local elapsed = now - last_refill
    local refill = elapsed * rate / 1000
    tokens = math.min(capacity, tokens + refill)
    if tokens >= requested then
      tokens = tokens - requested
      redis.call('HMSET', key, 'tokens', tokens, 'last_refill', now)
      redis.call('EXPIRE', key, math.ceil(capacity / rate) + 1)
      return 1
    end
    return 0
    """

  static func take(_ id: String, _ tier: RateLimit.Tier, cost: Int, nowUs: Int) -> RESPCommand {
    let perSecond = Double(tier.limit) / (Double(tier.per.wholeMicroseconds ?? 1) / 1e6)
    return RESPCommand(
      "EVAL", script, 1, "naive:\(id)", tier.burst, "\(perSecond)", nowUs / 1000, cost)
  }
}
