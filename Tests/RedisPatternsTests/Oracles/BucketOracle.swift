import RedisPatterns

/// What a bucket of tiers must answer, written from the definition: what is owed drains evenly, in exact fractions.
///
/// It knows nothing of ticks; the one rule it shares with the script by agreement is what happens to a debt when the
/// limit's step changes: it is rounded up to whole units, and to no more than the new burst.
struct BucketOracle {
  private struct Debt {
    var units = Fraction(0)
    var atUs = 0
    var step = Fraction(1)
  }

  private struct Record {
    let charged: Int
    let atUs: Int
    let outcome: Decision
    var refunded = false
  }

  private var debts: [String: Debt] = [:]
  private var records: [String: Record] = [:]

  /// The tier's rate in units a microsecond.
  private static func rate(_ tier: RateLimit.Tier) -> Fraction {
    Fraction(Int128(tier.limit), over: Int128(tier.per.wholeMicroseconds ?? 1))
  }

  /// How small a part of a unit the stored form can tell apart: a new one rounds the debt.
  private static func step(_ tier: RateLimit.Tier) -> Fraction {
    Fraction(1, over: Int128(rate(tier).below))
  }

  private func owed(_ tier: RateLimit.Tier, _ nowUs: Int) -> Fraction {
    guard let debt = debts[tier.name] else { return Fraction(0) }
    let units =
      debt.step == Self.step(tier) ? debt.units : min(Fraction(debt.units.ceiling), Fraction(tier.burst))
    return max(units - Fraction(max(nowUs - debt.atUs, 0)) * Self.rate(tier), Fraction(0))
  }

  private func state(_ tier: RateLimit.Tier, owed: Fraction) -> TierState {
    TierState(
      name: tier.name, remaining: max(Fraction(tier.burst) - owed, Fraction(0)).floor,
      resetAfter: .microseconds((owed / Self.rate(tier)).ceiling))
  }

  mutating func decide(
    _ tiers: [RateLimit.Tier], cost: Int, isTake: Bool, request: String?, nowUs: Int
  ) -> Decision {
    if isTake, let request, let record = records[request] { return record.outcome }
    var debts = tiers.map { owed($0, nowUs) }
    let wasSetBack = tiers.contains { (self.debts[$0.name]?.atUs ?? 0) > nowUs }
    var status = Decision.Status.allowed
    var binding = 0
    var wait = 0
    if let tooSmall = tiers.firstIndex(where: { cost > $0.burst }) {
      (status, binding) = (.impossible, tooSmall)
    } else {
      for (at, tier) in tiers.enumerated() where cost > 0 {
        let excess = debts[at] + Fraction(cost) - Fraction(tier.burst)
        guard excess > Fraction(0) else { continue }
        let needed = (excess / Self.rate(tier)).ceiling
        if status == .allowed || needed > wait { (status, binding, wait) = (.denied, at, needed) }
      }
      if status == .allowed {
        let left = tiers.indices.map { state(tiers[$0], owed: debts[$0]).remaining }
        binding = left.firstIndex(of: left.min() ?? 0) ?? 0
      }
    }
    let charged = status == .allowed && isTake && cost > 0
    if charged { for at in debts.indices { debts[at] = debts[at] + Fraction(cost) } }
    let outcome = Decision(
      status: status, tier: tiers[binding].name, retryAfter: .microseconds(wait),
      tiers: tiers.indices.map { state(tiers[$0], owed: debts[$0]) })
    if charged || (wasSetBack && isTake) { write(tiers, debts, nowUs) }
    if charged, let request { records[request] = Record(charged: cost, atUs: nowUs, outcome: outcome) }
    return outcome
  }

  /// What has drained since the charge came back by itself; a clock that was set back does not tell how much.
  private func given(_ record: Record, _ tier: RateLimit.Tier, _ nowUs: Int) -> Fraction {
    guard nowUs >= record.atUs else { return Fraction(0) }
    return max(Fraction(record.charged) - Fraction(nowUs - record.atUs) * Self.rate(tier), Fraction(0))
  }

  mutating func refund(_ tiers: [RateLimit.Tier], request: String, nowUs: Int) -> Refund {
    guard let record = records[request] else { return .unknown }
    var debts = tiers.map { owed($0, nowUs) }
    if !record.refunded {
      records[request]?.refunded = true
      for (at, tier) in tiers.enumerated() where self.debts[tier.name] != nil {
        debts[at] = max(debts[at] - given(record, tier, nowUs), Fraction(0))
        write([tier], [debts[at]], nowUs)
      }
    }
    return .refunded(units: record.charged, tiers: tiers.indices.map { state(tiers[$0], owed: debts[$0]) })
  }

  private mutating func write(_ tiers: [RateLimit.Tier], _ owed: [Fraction], _ nowUs: Int) {
    for (tier, units) in zip(tiers, owed) {
      debts[tier.name] = Debt(units: units, atUs: nowUs, step: Self.step(tier))
    }
  }
}
