import RedisPatterns

/// What windows and logs must answer, written from their definitions and without the scripts' formulas.
///
/// How long to wait is searched for, by asking "would it pass then?"; the log is a list of charges. Agreed with the
/// scripts: what a smaller limit cannot hold is forgotten, a clock that was set back dates anew what lies ahead of it,
/// and units that a request gets back leave the window they were counted in, unless that is gone or the clock was set back
/// since: then nobody can tell whose they are.
struct LimitOracle {
  private struct Record {
    let cost: Int
    let atUs: Int
    let since: Int
    let outcome: Decision
    var refunded = false
  }

  private var states: [String: LimitState] = [:]
  private var records: [String: Record] = [:]
  /// When the state began, and moved when it is dated anew.
  private var since = 0

  mutating func decide(
    _ tiers: [RateLimit.Tier], cost: Int, isTake: Bool, request: String?, nowUs: Int
  ) -> Decision {
    if isTake, let request, let record = records[request] { return record.outcome }
    var seen = tiers.map { state($0).at($0, nowUs) }
    var status = Decision.Status.allowed
    var binding = 0
    var wait = 0
    if let tooSmall = tiers.firstIndex(where: { cost > $0.limit }) {
      (status, binding) = (.impossible, tooSmall)
    } else {
      for (at, tier) in tiers.enumerated() where cost > 0 {
        let needed = seen[at].wait(tier, nowUs, until: tier.limit - cost)
        if needed > wait { (status, binding, wait) = (.denied, at, needed) }
      }
      if status == .allowed {
        let left = tiers.indices.map { max(tiers[$0].limit - seen[$0].used(tiers[$0], nowUs), 0) }
        binding = left.firstIndex(of: left.min() ?? 0) ?? 0
      }
    }
    let wasSetBack = tiers.contains { state($0).isAhead(of: nowUs) }
    let charged = status == .allowed && isTake && cost > 0
    if isTake, wasSetBack || (charged && states.isEmpty) {
      since = states.isEmpty ? nowUs : max(since + 1, nowUs)
    }
    if charged { for (at, tier) in tiers.enumerated() { seen[at] = seen[at].charged(tier, nowUs, cost) } }
    if charged || (wasSetBack && isTake) { for (tier, state) in zip(tiers, seen) { states[tier.name] = state } }
    let outcome = Decision(
      status: status, tier: tiers[binding].name, retryAfter: .microseconds(wait), tiers: told(tiers, seen, nowUs))
    if charged, let request { records[request] = Record(cost: cost, atUs: nowUs, since: since, outcome: outcome) }
    return outcome
  }

  mutating func refund(_ tiers: [RateLimit.Tier], request: String, nowUs: Int) -> Refund {
    guard let record = records[request] else { return .unknown }
    let units = record.refunded ? 0 : record.cost
    let isAhead = record.atUs > nowUs || tiers.contains { state($0).isAhead(of: nowUs) }
    if units > 0, isAhead || record.since != since || states.isEmpty { return .passed }
    let seen = tiers.map { state($0).refunded($0, nowUs, units, of: record.atUs) }
    if units > 0 {
      records[request]?.refunded = true
      for (tier, state) in zip(tiers, seen) where states[tier.name] != nil { states[tier.name] = state }
      // A log without units is deleted.
      if states.values.allSatisfy({ if case .log(let moments) = $0 { moments.isEmpty } else { false } }) {
        states = [:]
      }
    }
    return .refunded(units: record.cost, tiers: told(tiers, seen, nowUs))
  }

  private func state(_ tier: RateLimit.Tier) -> LimitState {
    states[tier.name] ?? (tier.algorithm == .slidingLog ? .log([]) : .window(begun: nil, current: 0, previous: 0))
  }

  private func told(_ tiers: [RateLimit.Tier], _ states: [LimitState], _ nowUs: Int) -> [TierState] {
    zip(tiers, states).map { tier, state in
      TierState(
        name: tier.name, remaining: max(tier.limit - state.used(tier, nowUs), 0),
        resetAfter: .microseconds(state.wait(tier, nowUs, until: 0)))
    }
  }
}

/// One tier: its counts, or when each unit was charged.
enum LimitState {
  case window(begun: Int?, current: Int, previous: Int)
  case log([Int])

  /// The same, seen later.
  func at(_ tier: RateLimit.Tier, _ now: Int) -> LimitState {
    let per = tier.perUs
    switch self {
    case .log(let moments):
      return .log(moments.filter { $0 > now - per }.suffix(tier.limit).map { min($0, now) })
    case .window(let stored, let storedCurrent, let storedPrevious):
      let begun = min(stored ?? now, now)
      let (current, previous) = (min(storedCurrent, tier.limit), min(storedPrevious, tier.limit))
      var seen: (begun: Int, current: Int, previous: Int)
      switch tier.algorithm {
      case .alignedWindow:
        let origin = now / per * per
        return .window(begun: origin, current: begun >= origin ? current : 0, previous: 0)
      case .fixedWindow: seen = now < begun + per ? (begun, current, 0) : (now, 0, 0)
      default:
        if now < begun + per {
          seen = (begun, current, previous)
        } else {
          seen = now < begun + 2 * per ? (begun + per, 0, current) : (now, 0, 0)
        }
      }
      if seen.current == 0, seen.previous == 0 { seen.begun = now }
      return .window(begun: seen.begun, current: seen.current, previous: seen.previous)
    }
  }

  func used(_ tier: RateLimit.Tier, _ now: Int) -> Int {
    switch at(tier, now) {
    case .log(let moments): return moments.count
    case .window(let begun, let current, let previous):
      let share = Int128(previous) * Int128((begun ?? now) + tier.perUs - now)
      let length = Int128(tier.perUs)
      return current + Int((share + length - 1) / length)
    }
  }

  func charged(_ tier: RateLimit.Tier, _ now: Int, _ cost: Int) -> LimitState {
    switch at(tier, now) {
    case .log(let moments): .log(moments + Array(repeating: now, count: cost))
    case .window(let begun, let current, let previous):
      .window(begun: begun, current: current + cost, previous: previous)
    }
  }

  func refunded(_ tier: RateLimit.Tier, _ now: Int, _ units: Int, of then: Int) -> LimitState {
    if case .log(let live) = at(tier, now) {
      let older = live.filter { $0 <= then }
      return .log(Array(older.dropLast(units) + live.dropFirst(older.count)))
    }
    guard case .window(let begun?, let current, let previous) = at(tier, now) else { return self }
    if then >= begun { return .window(begun: begun, current: max(current - units, 0), previous: previous) }
    guard then >= begun - tier.perUs else { return .window(begun: begun, current: current, previous: previous) }
    return .window(begun: begun, current: current, previous: max(previous - units, 0))
  }

  func isAhead(of now: Int) -> Bool {
    switch self {
    case .log(let moments): moments.contains { $0 > now }
    case .window(let begun, _, _): (begun ?? now) > now
    }
  }

  /// How long until no more than `most` is counted, if nobody charges anything.
  func wait(_ tier: RateLimit.Tier, _ now: Int, until most: Int) -> Int {
    var (low, high) = (0, 2 * tier.perUs)
    while low < high {
      let middle = (low + high) / 2
      if used(tier, now + middle) <= most { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension RateLimit.Tier {
  var perUs: Int { Int(per.wholeMicroseconds ?? 0) }
}
