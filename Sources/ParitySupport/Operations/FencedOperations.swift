import RESP
import RedisPatterns

enum FencedOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    guard verb == "write" else { return nil }
    guard let fence = Int64(try given.text("fence")) else {
      throw RedisError(.argument, "fence must be a decimal string", execution: .notExecuted)
    }
    return try FencedCalls(given.text("name"), namespace: given.namespace).write(
      given.bytes("payload"), fence: fence, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    guard verb == "write" else { return nil }
    switch try FencedCalls.written(reply) {
    case .written: return ["status": "written"]
    case .stale(let newest): return ["status": "stale", "newest": .string(String(newest))]
    }
  }
}
