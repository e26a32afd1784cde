import RESP
import RedisPatterns

/// Its outcomes are those of the lock.
enum SemaphoreOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try SemaphoreCalls(given.text("name"), namespace: given.namespace)
    let owner = try given.text("owner")
    switch verb {
    case "acquire":
      return try calls.acquire(
        owner: owner, weight: given.integer("weight", default: 1), limit: given.integer("limit"),
        ttl: given.microseconds("ttl_us"), patience: given.microseconds("patience_us", default: 0), nowUs: nowUs)
    case "renew": return try calls.renew(owner: owner, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    case "release": return try calls.release(owner: owner, nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    try LockOperations.outcome(verb, given, reply)
  }
}
