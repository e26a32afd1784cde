import RESP
import RedisPatterns

enum LockOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try LockCalls(given.text("name"), namespace: given.namespace)
    let owner = try given.text("owner")
    switch verb {
    case "acquire":
      return try calls.acquire(
        owner: owner, ttl: given.microseconds("ttl_us"),
        patience: given.microseconds("patience_us", default: 0), nowUs: nowUs)
    case "renew": return try calls.renew(owner: owner, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    case "release": return try calls.release(owner: owner, nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "acquire": try LockCalls.acquired(reply).json
    case "renew": try LockCalls.renewed(reply).json
    case "release": ["status": .string(try LockCalls.released(reply).rawValue)]
    default: nil
    }
  }
}

extension LockCalls.Acquired {
  fileprivate var json: JSONValue {
    switch self {
    case .acquired(let fence): ["status": "acquired", "fence": .string(String(fence))]
    case .waiting(let position, let retryAfter):
      ["status": "waiting", "position": .int(position), "retry_after_us": retryAfter.us]
    case .held(let retryAfter): ["status": "held", "retry_after_us": retryAfter.us]
    }
  }
}

extension LockCalls.Renewed {
  fileprivate var json: JSONValue {
    switch self {
    case .renewed(let fence): ["status": "renewed", "fence": .string(String(fence))]
    case .lost: ["status": "lost"]
    }
  }
}
