import RESP

/// The calls of one limit as values: pure, so that keys, arguments and virtual time are tested without a server.
package struct LimitCalls: Sendable {
  let namespace: String?
  let family: Family
  /// The tiers' names, in the order of the limit.
  let names: [String]
  /// What stands for the limit in every call.
  private let words: RESPArguments

  /// Which scripts and which key hold the limit.
  enum Family: String {
    case bucket, window, log

    var entity: String {
      switch self {
      case .bucket: "bucket"
      case .window: "ratelimit"
      case .log: "ratelog"
      }
    }

    var take: RedisScript {
      switch self {
      case .bucket: .bucketTake
      case .window: .windowTake
      case .log: .logTake
      }
    }

    var refund: RedisScript {
      switch self {
      case .bucket: .bucketRefund
      case .window: .windowRefund
      case .log: .logRefund
      }
    }
  }

  /// - Throws: `RedisError` with code `argument` when a tier breaks the number rules, or when tiers do not go together.
  package init(limit: RateLimit, namespace: String? = nil) throws(RedisError) {
    guard (1...8).contains(limit.tiers.count) else {
      throw .argument("a limit has 1 to 8 tiers, not \(limit.tiers.count)")
    }
    var names: [String] = []
    for tier in limit.tiers {
      let name = try NumberRule.word(tier.name, "name of a tier", longest: 32)
      guard !names.contains(name) else { throw .argument("tier \(name) stands twice") }
      names.append(name)
    }
    family = try Family(of: limit.tiers)
    var words = RESPArguments(reserving: 16 + limit.tiers.count * 96)
    if family != .log { words.append(limit.tiers.count) }
    for tier in limit.tiers {
      switch family {
      case .bucket: try words.append(bucket: tier)
      case .window: try words.append(window: tier)
      case .log: try words.append(log: tier)
      }
    }
    self.namespace = namespace
    self.names = names
    self.words = words
  }

  package func take(
    _ id: String, cost: Int64 = 1, request: String? = nil, replay: Duration = .seconds(60),
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    try charge("take", id, cost: NumberRule.count(cost, "cost"), request: request, replay: replay, nowUs: nowUs)
  }

  package func peek(
    _ id: String, cost: Int64 = 1, replay: Duration = .seconds(60), nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    try charge("peek", id, cost: NumberRule.count(cost, "cost", from: 0), request: nil, replay: replay, nowUs: nowUs)
  }

  package func refund(_ id: String, request: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    let key = try RedisKey(namespace: namespace, entity: family.entity, id: id)
    var arguments = RESPArguments(reserving: 32 + words.body.count)
    arguments.append(contentsOf: words)
    arguments.append(nowUs)
    return ScriptCall(
      family.refund, keys: [key.name, try key.field("request", request, named: "request")], arguments: arguments)
  }

  private func charge(
    _ mode: String, _ id: String, cost: Int64, request: String?, replay: Duration, nowUs: Int64
  ) throws(RedisError) -> ScriptCall {
    let replay = try NumberRule.time(replay, "replay", from: 1000)
    let key = try RedisKey(namespace: namespace, entity: family.entity, id: id)
    var keys = [key.name]
    if let request { keys.append(try key.field("request", request, named: "request")) }
    var arguments = RESPArguments(reserving: 96 + words.body.count)
    arguments.append(mode)
    arguments.append(cost)
    arguments.append(replay)
    arguments.append(contentsOf: words)
    arguments.append(nowUs)
    return ScriptCall(family.take, keys: keys, arguments: arguments)
  }
}

extension LimitCalls.Family {
  fileprivate init(of tiers: [RateLimit.Tier]) throws(RedisError) {
    if tiers.allSatisfy({ $0.algorithm == .tokenBucket }) {
      self = .bucket
    } else if tiers.allSatisfy({ $0.algorithm.windowKind != nil }) {
      self = .window
    } else if tiers.count == 1 {
      self = .log
    } else {
      throw .argument("only token buckets, or only windows, are charged together; a sliding log stands alone")
    }
  }
}

extension RateLimit.Algorithm {
  /// As `window_take` calls it; nil for what is no window.
  fileprivate var windowKind: String? {
    switch self {
    case .fixedWindow: "first"
    case .alignedWindow: "aligned"
    case .slidingWindow: "sliding"
    case .tokenBucket, .slidingLog: nil
    }
  }
}

extension RESPArguments {
  /// A bucket in lowest terms: a unit costs `ticks`, and `rate` of them drain each microsecond.
  ///
  /// Both are whole, so that no remainder is ever dropped (GCRA in integers; the debt is `ticks` times what is owed).
  fileprivate mutating func append(bucket tier: RateLimit.Tier) throws(RedisError) {
    let limit = try NumberRule.count(Int64(tier.limit), "limit of \(tier.name)")
    let per = try NumberRule.time(tier.per, "per of \(tier.name)", from: 1)
    let burst = try NumberRule.count(Int64(tier.burst), "burst of \(tier.name)")
    var (divisor, rest) = (per, limit)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    let ticks = per / divisor
    let (full, overflow) = burst.multipliedReportingOverflow(by: ticks)
    guard !overflow, full <= NumberRule.largest else {
      throw .argument("tier \(tier.name) is too fine for its burst: \(burst) * \(ticks) ticks is more than 2^52")
    }
    append(tier.name)
    append(ticks)
    append(limit / divisor)
    append(burst)
  }

  fileprivate mutating func append(window tier: RateLimit.Tier) throws(RedisError) {
    append(tier.name)
    append(tier.algorithm.windowKind ?? "")
    try append(limitAndLengthOf: tier, most: NumberRule.mostInWindow)
  }

  fileprivate mutating func append(log tier: RateLimit.Tier) throws(RedisError) {
    try append(limitAndLengthOf: tier, most: NumberRule.mostInLog)
  }

  private mutating func append(limitAndLengthOf tier: RateLimit.Tier, most: Int64) throws(RedisError) {
    guard tier.burst == tier.limit else {
      throw .argument("tier \(tier.name): only a token bucket has a burst of its own")
    }
    append(try NumberRule.count(Int64(tier.limit), "limit of \(tier.name)", to: most))
    append(try NumberRule.time(tier.per, "per of \(tier.name)", from: 1))
  }
}
