import RESP

/// The calls of one bucket as values: pure, so that keys, arguments and virtual time are tested without a server.
package struct BucketCalls: Sendable {
  let namespace: String?
  let tiers: [WireTier]

  /// A tier in lowest terms: a unit costs `ticks`, and `rate` of them drain each microsecond.
  ///
  /// Both are whole, so that no remainder is ever dropped (GCRA in integers; the debt is `ticks` times what is owed).
  struct WireTier: Sendable {
    let name: String
    let ticks: Int64
    let rate: Int64
    let burst: Int64
  }

  /// - Throws: `RedisError` with code `argument` when a tier breaks the number rules.
  package init(limit: RateLimit, namespace: String? = nil) throws(RedisError) {
    guard (1...8).contains(limit.tiers.count) else {
      throw .argument("a limit has 1 to 8 tiers, not \(limit.tiers.count)")
    }
    var names: Set<String> = []
    var tiers: [WireTier] = []
    for tier in limit.tiers {
      let wire = try WireTier(tier)
      guard names.insert(wire.name).inserted else { throw .argument("tier \(wire.name) stands twice") }
      tiers.append(wire)
    }
    self.namespace = namespace
    self.tiers = tiers
  }

  package func take(
    _ id: String, cost: Int64 = 1, request: String? = nil, replay: Duration = .seconds(60),
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    try charge(
      "take", id, cost: NumberRule.count(cost, "cost"), request: request,
      replay: NumberRule.time(replay, "replay", from: 1000), nowUs: nowUs)
  }

  package func peek(
    _ id: String, cost: Int64 = 1, replay: Duration = .seconds(60), nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    try charge(
      "peek", id, cost: NumberRule.count(cost, "cost", from: 0), request: nil,
      replay: NumberRule.time(replay, "replay", from: 1000), nowUs: nowUs)
  }

  package func refund(_ id: String, request: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    let key = try RedisKey(namespace: namespace, entity: "bucket", id: id)
    var arguments = RESPArguments(reserving: 32 + tiers.count * 96)
    append(&arguments, nowUs)
    return ScriptCall(
      .bucketRefund, keys: [key.name, try key.field("request", request, named: "request")],
      arguments: arguments)
  }

  private func charge(
    _ mode: String, _ id: String, cost: Int64, request: String?, replay: Int64, nowUs: Int64
  ) throws(RedisError) -> ScriptCall {
    let key = try RedisKey(namespace: namespace, entity: "bucket", id: id)
    var keys = [key.name]
    if let request { keys.append(try key.field("request", request, named: "request")) }
    var arguments = RESPArguments(reserving: 96 + tiers.count * 96)
    arguments.append(mode)
    arguments.append(cost)
    arguments.append(replay)
    append(&arguments, nowUs)
    return ScriptCall(.bucketTake, keys: keys, arguments: arguments)
  }

  private func append(_ arguments: inout RESPArguments, _ nowUs: Int64) {
    arguments.append(tiers.count)
    for tier in tiers {
      arguments.append(tier.name)
      arguments.append(tier.ticks)
      arguments.append(tier.rate)
      arguments.append(tier.burst)
    }
    arguments.append(nowUs)
  }
}

extension BucketCalls.WireTier {
  init(_ tier: RateLimit.Tier) throws(RedisError) {
    let limit = try NumberRule.count(Int64(tier.limit), "limit of \(tier.name)")
    let per = try NumberRule.time(tier.per, "per of \(tier.name)", from: 1)
    var (divisor, rest) = (per, limit)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    name = try NumberRule.word(tier.name, "name of a tier", longest: 32)
    ticks = per / divisor
    rate = limit / divisor
    burst = try NumberRule.count(Int64(tier.burst), "burst of \(tier.name)")
    let (full, overflow) = burst.multipliedReportingOverflow(by: ticks)
    guard !overflow, full <= NumberRule.largest else {
      throw .argument("tier \(tier.name) is too fine for its burst: \(burst) * \(ticks) ticks is more than 2^52")
    }
  }
}
