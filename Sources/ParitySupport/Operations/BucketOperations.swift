import RESP
import RedisPatterns

/// `bucket.*`, `window.*`, `log.*`: the algorithms of the tiers decide.
enum BucketOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try calls(given, given.namespace)
    let id = try given.text("id")
    switch verb {
    case "take":
      return try calls.take(
        id, cost: given.integer("cost", default: 1), request: given.optionalText("request"),
        replay: given.microseconds("replay_us", default: 60_000_000), nowUs: nowUs)
    case "peek":
      return try calls.peek(
        id, cost: given.integer("cost", default: 1),
        replay: given.microseconds("replay_us", default: 60_000_000), nowUs: nowUs)
    case "refund": return try calls.refund(id, request: given.text("request"), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "take", "peek": try calls(given, nil).decision(reply).json
    case "refund": try calls(given, nil).refund(reply).json
    default: nil
    }
  }

  private static func calls(_ given: Given, _ namespace: String?) throws(RedisError) -> LimitCalls {
    var tiers: [RateLimit.Tier] = []
    for tier in try given.items("tiers") {
      let limit = try tier.integer("limit")
      let named = try tier.optionalText("algorithm") ?? RateLimit.Algorithm.tokenBucket.rawValue
      guard let algorithm = RateLimit.Algorithm(rawValue: named) else {
        throw RedisError(.argument, "no algorithm is called \(named)", execution: .notExecuted)
      }
      tiers.append(
        RateLimit.Tier(
          try tier.text("name"), Int(limit), per: try tier.microseconds("per_us"),
          burst: Int(try tier.integer("burst", default: limit)), by: algorithm))
    }
    return try LimitCalls(limit: .tiers(tiers), namespace: namespace)
  }
}

extension [TierState] {
  fileprivate var json: JSONValue {
    .array(
      map { tier in
        [
          "name": .string(tier.name), "remaining": .int(Int64(tier.remaining)),
          "reset_after_us": tier.resetAfter.us,
        ]
      })
  }
}

extension Decision {
  fileprivate var json: JSONValue {
    ["status": .string(status.rawValue), "tier": .string(tier), "retry_after_us": retryAfter.us, "tiers": tiers.json]
  }
}

extension Refund {
  fileprivate var json: JSONValue {
    switch self {
    case .refunded(let units, let tiers):
      ["status": "refunded", "units": .int(Int64(units)), "tiers": tiers.json]
    case .passed: ["status": "passed"]
    case .unknown: ["status": "unknown"]
    }
  }
}
