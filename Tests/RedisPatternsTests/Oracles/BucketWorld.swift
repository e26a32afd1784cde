import RedisPatterns
import TestSupport

/// A random history of one bucket in virtual time: takes, peeks, refunds, repeats, changed limits, a clock set back.
struct BucketWorld {
  enum Action {
    case decide(cost: Int, isTake: Bool, request: String?)
    case refund(request: String)
  }

  struct Step {
    let id: String
    let limit: RateLimit
    let action: Action
    let nowUs: Int
  }

  let id: String
  private var limit: RateLimit
  private var nowUs = 4_102_444_800_000_000
  private var requests = 0
  private var oracle = BucketOracle()
  private var lastWait: Int?
  private let oneTier: Bool

  init(_ number: Int, oneTier: Bool = false, using chance: inout SeededGenerator) {
    id = "bucket-\(number)"
    self.oneTier = oneTier
    limit = Self.limit(oneTier ? 1 : Int.random(in: 1...8, using: &chance), &chance)
  }

  private static func limit(_ count: Int, _ chance: inout SeededGenerator) -> RateLimit {
    .tiers((1...count).map { tier("t\($0)", &chance) })
  }

  private static func tier(_ name: String, _ chance: inout SeededGenerator) -> RateLimit.Tier {
    let limits = [1, 2, 3, 7, 10, 60, 100, 1000, 65_536, 999_983, 1 << 40]
    let pers = [
      1, 3, 7, 1000, 1024, 1_000_000, 1_000_003, 60_000_000, 3_600_000_000, 86_400_000_000, 31_622_400_000_000,
    ]
    let limit = limits.randomElement(using: &chance) ?? 1
    let per = pers.randomElement(using: &chance) ?? 1
    let ticks = Int(Fraction(Int128(limit), over: Int128(per)).below)
    let most = (1 << 52) / ticks
    let burst =
      Bool.random(using: &chance)
      ? Int.random(in: 1...min(most, 50), using: &chance)
      : Int.random(in: 1...4, using: &chance) == 1 ? most : Int.random(in: 1...most, using: &chance)
    return RateLimit.Tier(name, limit, per: .microseconds(per), burst: burst)
  }

  /// One step, and what the oracle says to it.
  mutating func next(using chance: inout SeededGenerator) -> (Step, Decision?, Refund?) {
    moveTime(&chance)
    if Int.random(in: 0..<60, using: &chance) == 0 {
      // Another limit under the same names: what is owed stays owed.
      limit = Self.limit(limit.tiers.count, &chance)
    }
    let kind = Int.random(in: 0..<20, using: &chance)
    if kind == 0, requests > 0, !oneTier {
      let request = "r\(Int.random(in: 0...requests, using: &chance))"
      let outcome = oracle.refund(limit.tiers, request: request, nowUs: nowUs)
      return (Step(id: id, limit: limit, action: .refund(request: request), nowUs: nowUs), nil, outcome)
    }
    let isTake = oneTier || kind > 3
    let cost = cost(&chance, least: isTake ? 1 : 0)
    var request: String?
    if isTake, !oneTier, kind < 9 {
      // Sometimes one that was used before: a repeat.
      if kind != 4 || requests == 0 { requests += 1 }
      request = "r\(kind == 4 ? Int.random(in: 1...requests, using: &chance) : requests)"
    }
    // A repeat must come with the limit that it was made under, or its list of tiers would differ.
    let outcome = oracle.decide(limit.tiers, cost: cost, isTake: isTake, request: request, nowUs: nowUs)
    lastWait = outcome.status == .denied ? Int(outcome.retryAfter.wholeMicroseconds ?? 0) : nil
    let action = Action.decide(cost: cost, isTake: isTake, request: request)
    return (Step(id: id, limit: limit, action: action, nowUs: nowUs), outcome, nil)
  }

  private func cost(_ chance: inout SeededGenerator, least: Int) -> Int {
    let smallest = limit.tiers.map(\.burst).min() ?? 1
    switch Int.random(in: 0..<10, using: &chance) {
    case 0: return min(smallest + 1, 1 << 52)
    case 1: return smallest
    case 2...5: return max(least, Int.random(in: 0...smallest, using: &chance))
    default: return max(least, Int.random(in: 0...3, using: &chance))
    }
  }

  private mutating func moveTime(_ chance: inout SeededGenerator) {
    if let wait = lastWait, wait < 40_000_000_000_000, Int.random(in: 0..<3, using: &chance) == 0 {
      // Exactly as long as was told, or one microsecond less.
      nowUs += wait - (Bool.random(using: &chance) ? 1 : 0)
    } else {
      let span = [1, 10, 1000, 1_000_000, 100_000_000, 90_000_000_000].randomElement(using: &chance) ?? 1
      nowUs += Int.random(in: 0...span, using: &chance)
      if !oneTier, Int.random(in: 0..<200, using: &chance) == 0 {
        nowUs -= Int.random(in: 0...2 * span, using: &chance)
      }
    }
    // Room below 2^53 for the longest debt, also after many years of this.
    nowUs = min(max(nowUs, 4_102_444_800_000_000), 4_400_000_000_000_000)
  }
}
