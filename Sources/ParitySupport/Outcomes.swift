import RESP
import RedisPatterns

// Typed results as vectors write them.

extension Duration {
  fileprivate var us: JSONValue { .int(wholeMicroseconds ?? -1) }
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
  var json: JSONValue {
    ["status": .string(status.rawValue), "tier": .string(tier), "retry_after_us": retryAfter.us, "tiers": tiers.json]
  }
}

extension Refund {
  var json: JSONValue {
    switch self {
    case .refunded(let units, let tiers):
      ["status": "refunded", "units": .int(Int64(units)), "tiers": tiers.json]
    case .unknown: ["status": "unknown"]
    }
  }
}

extension LockCalls.Acquired {
  var json: JSONValue {
    switch self {
    case .acquired(let fence): ["status": "acquired", "fence": .string(String(fence))]
    case .waiting(let position, let retryAfter):
      ["status": "waiting", "position": .int(position), "retry_after_us": retryAfter.us]
    case .held(let retryAfter): ["status": "held", "retry_after_us": retryAfter.us]
    }
  }
}

extension LockCalls.Renewed {
  var json: JSONValue {
    switch self {
    case .renewed(let fence): ["status": "renewed", "fence": .string(String(fence))]
    case .lost: ["status": "lost"]
    }
  }
}

extension CacheCalls.Acquired {
  var json: JSONValue {
    switch self {
    case .hit(let entry): ["status": "hit", "entry": entry.json]
    case .win(let stale): Self.json("win", stale)
    case .busy(let retryAfter, let stale): Self.json("busy", stale, retryAfter)
    case .failed(let retryAfter, let stale): Self.json("failed", stale, retryAfter)
    case .holdoff(let stale): Self.json("holdoff", stale)
    }
  }

  private static func json(_ status: String, _ stale: CacheEntry?, _ retryAfter: Duration? = nil) -> JSONValue {
    var members: [String: JSONValue] = ["status": .string(status)]
    members["entry"] = stale?.json
    members["retry_after_us"] = retryAfter?.us
    return .object(members)
  }
}

extension CacheEntry {
  var json: JSONValue {
    [
      "negative": .bool(isNegative), "stale_mark": .bool(isMarkedStale), "codec": .int(Int64(codec)),
      "version": .string(String(version)), "grace_us": .int(Int64(graceMs) * 1000),
      "load_us": .int(Int64(loadMs) * 1000), "fresh_until_us": .int(Int64(clamping: freshUntilUs)),
      "payload": JSONValue(bytes: payload),
    ]
  }
}
