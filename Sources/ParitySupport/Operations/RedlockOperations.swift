import RESP
import RedisPatterns

/// One node's part.
enum RedlockOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try RedlockCalls(given.text("name"), namespace: given.namespace)
    let owner = try given.text("owner")
    switch verb {
    case "acquire":
      return try calls.acquire(
        owner: owner, ttl: given.microseconds("ttl_us"), longest: given.microseconds("longest_us"),
        uptime: given.microseconds("uptime_us", default: 0), nowUs: nowUs)
    case "renew": return try calls.renew(owner: owner, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    case "release": return try calls.release(owner: owner, nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "acquire": try RedlockCalls.vote(reply).json
    case "renew": ["status": .string(try RedlockCalls.renewed(reply).rawValue)]
    case "release": ["status": .string(try RedlockCalls.released(reply).rawValue)]
    default: nil
    }
  }
}

extension RedlockVote {
  fileprivate var json: JSONValue {
    switch self {
    case .granted: ["status": "granted"]
    case .held(let retryAfter): ["status": "held", "retry_after_us": retryAfter.us]
    case .abstained(let retryAfter): ["status": "abstained", "retry_after_us": retryAfter.us]
    case .failed(let error): ["error": .string(error.code.rawValue)]
    }
  }
}
