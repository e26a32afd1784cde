import RESP

extension LimitCalls {
  /// Reads the reply of `take` or `peek`.
  package func decision(_ reply: RESPValue) throws(RedisError) -> Decision {
    var reader = try ReplyReader(reply, of: family.take.name)
    guard let status = Decision.Status(rawValue: reader.status) else {
      throw reader.status == "other_tiers" ? otherTiers(try reader.integer("tiers")) : reader.unknownStatus()
    }
    let binding = try reader.integer("tier")
    guard binding >= 1, binding <= Int64(names.count) else { throw reader.broken("tier \(binding)") }
    let retryAfter = try reader.duration("retry_after_us")
    return Decision(
      status: status, tier: names[Int(binding) - 1], retryAfter: retryAfter,
      tiers: try states(&reader))
  }

  /// Reads the reply of `refund`.
  package func refund(_ reply: RESPValue) throws(RedisError) -> Refund {
    var reader = try ReplyReader(reply, of: family.refund.name)
    switch reader.status {
    case "refunded":
      let units = try reader.integer("units")
      return .refunded(units: Int(units), tiers: try states(&reader))
    case "passed", "unknown":
      try reader.end()
      return reader.status == "passed" ? .passed : .unknown
    default: throw reader.unknownStatus()
    }
  }

  private func otherTiers(_ count: Int64) -> RedisError {
    .argument("the request was charged to another number of tiers before: \(count), not \(names.count)")
  }

  private func states(_ reader: inout ReplyReader) throws(RedisError) -> [TierState] {
    var states: [TierState] = []
    states.reserveCapacity(names.count)
    for name in names {
      let remaining = try reader.integer("remaining")
      states.append(
        TierState(
          name: name, remaining: Int(remaining), resetAfter: try reader.duration("reset_after_us")))
    }
    try reader.end()
    return states
  }
}
