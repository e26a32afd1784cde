import RESP
import RedisPatterns

enum FlagOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try FlagCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "set":
      return try calls.set(
        given.bytes("payload"), ttl: given.microseconds("ttl_us"), always: given.flag("always"), nowUs: nowUs)
    case "read": return calls.read(nowUs: nowUs)
    case "clear": return calls.clear(nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "set":
      switch try FlagCalls.set(reply) {
      case .set: ["status": "set"]
      case .up(let flag): flag.json
      }
    case "read": try FlagCalls.read(reply)?.json ?? ["status": "down"]
    case "clear": ["status": .string(try FlagCalls.cleared(reply).rawValue)]
    default: nil
    }
  }
}

extension RaisedFlag {
  fileprivate var json: JSONValue {
    ["status": "up", "payload": JSONValue(bytes: payload), "ends_in_us": endsIn.us]
  }
}
