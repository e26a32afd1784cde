import RedisPatterns
import TestSupport

/// A random history of one id under windows or a log, in virtual time: takes, peeks, refunds, repeats, changed limits, a
/// clock set back.
struct LimitWorld {
  struct Step {
    enum Action {
      case decide(cost: Int, isTake: Bool, request: String?)
      case refund(request: String)
    }

    enum Expected {
      case decision(Decision)
      case refund(Refund)
    }

    let limit: RateLimit
    let action: Action
    let nowUs: Int
    let expected: Expected
  }

  let id: String
  private let algorithms: [RateLimit.Algorithm]
  private var limit: RateLimit
  private var oracle = LimitOracle()
  private var nowUs = 4_102_444_800_000_000
  private var requests = 0
  private var lastWait: Int?

  init(_ number: Int, _ algorithms: [RateLimit.Algorithm], using chance: inout SeededGenerator) {
    id = "u\(number)"
    self.algorithms = algorithms
    limit = Self.limit(algorithms.count == 1 ? 1 : Int.random(in: 1...3, using: &chance), algorithms, &chance)
  }

  /// Small limits, that fill; large ones, whose products need more than 53 bits; odd ones, that leave remainders.
  private static func limit(
    _ count: Int, _ algorithms: [RateLimit.Algorithm], _ chance: inout SeededGenerator
  ) -> RateLimit {
    let limits = algorithms == [.slidingLog] ? [1, 2, 3, 5, 7, 20] : [1, 2, 3, 7, 10, 999_983, 1 << 33 + 1, 1 << 45]
    let lengths = [1, 3, 1000, 1_000_003, 60_000_000, 86_400_000_000, 31_622_400_000_000]
    return .tiers(
      (0..<count).map { at in
        RateLimit.Tier(
          "t\(at)", limits.randomElement(using: &chance) ?? 1,
          per: .microseconds(lengths.randomElement(using: &chance) ?? 1),
          by: algorithms.randomElement(using: &chance) ?? .slidingLog)
      })
  }

  mutating func next(using chance: inout SeededGenerator) -> Step {
    moveTime(&chance)
    if Int.random(in: 0..<60, using: &chance) == 0 { limit = Self.limit(limit.tiers.count, algorithms, &chance) }
    let kind = Int.random(in: 0..<20, using: &chance)
    if kind < 2, requests > 0 {
      let request = "r\(Int.random(in: 0...requests, using: &chance))"
      let refund = oracle.refund(limit.tiers, request: request, nowUs: nowUs)
      return Step(limit: limit, action: .refund(request: request), nowUs: nowUs, expected: .refund(refund))
    }
    let isTake = kind > 4
    let cost = cost(&chance, least: isTake ? 1 : 0)
    var request: String?
    if isTake, kind < 10 {
      // Sometimes one that was used before: a repeat.
      if kind != 5 || requests == 0 { requests += 1 }
      request = "r\(kind == 5 ? Int.random(in: 1...requests, using: &chance) : requests)"
    }
    let decision = oracle.decide(limit.tiers, cost: cost, isTake: isTake, request: request, nowUs: nowUs)
    lastWait = decision.status == .denied ? Int(decision.retryAfter.wholeMicroseconds ?? 0) : nil
    let action = Step.Action.decide(cost: cost, isTake: isTake, request: request)
    return Step(limit: limit, action: action, nowUs: nowUs, expected: .decision(decision))
  }

  private func cost(_ chance: inout SeededGenerator, least: Int) -> Int {
    let smallest = limit.tiers.map(\.limit).min() ?? 1
    switch Int.random(in: 0..<10, using: &chance) {
    case 0: return smallest + 1
    case 1: return smallest
    case 2...5: return max(least, Int.random(in: 0...smallest, using: &chance))
    default: return max(least, Int.random(in: 0...3, using: &chance))
    }
  }

  private mutating func moveTime(_ chance: inout SeededGenerator) {
    if let wait = lastWait, Int.random(in: 0..<2, using: &chance) == 0 {
      // Exactly as long as was told, or one microsecond less.
      nowUs += wait - (Bool.random(using: &chance) ? 1 : 0)
    } else {
      let longest = limit.tiers.map(\.perUs).max() ?? 1
      let span = [0, 1, 1000, longest, 2 * longest].randomElement(using: &chance) ?? 1
      nowUs += Int.random(in: 0...span, using: &chance)
      if Int.random(in: 0..<200, using: &chance) == 0 { nowUs -= Int.random(in: 0...10_000_000_000, using: &chance) }
    }
    nowUs = min(max(nowUs, 4_102_444_800_000_000), 1 << 52)
  }
}
