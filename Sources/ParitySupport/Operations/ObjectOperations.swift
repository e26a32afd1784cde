import RESP
import RedisPatterns

enum ObjectOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try ObjectCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "write":
      return try calls.write(
        set: given.fields("set"), remove: given.words("remove", default: []), seen: seen(given),
        ttl: given.microseconds("ttl_us"), most: given.integer("most", default: 1000), nowUs: nowUs)
    case "read": return calls.read(nowUs: nowUs)
    case "delete": return try calls.delete(seen: seen(given), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "write": try ObjectCalls.written(reply).json
    case "read": try ObjectCalls.read(reply)?.json ?? ["status": "missing"]
    case "delete":
      switch try ObjectCalls.deleted(reply) {
      case .deleted: ["status": "deleted"]
      case .conflict(let version): ["status": "conflict", "version": .string(String(version))]
      case .missing: ["status": "missing"]
      }
    default: nil
    }
  }

  private static func seen(_ given: Given) throws(RedisError) -> Int64? {
    guard let text = try given.optionalText("seen") else { return nil }
    guard let seen = Int64(text) else {
      throw RedisError(.argument, "seen: no decimal string", execution: .notExecuted)
    }
    return seen
  }
}

extension ObjectWrite {
  fileprivate var json: JSONValue {
    switch self {
    case .written(let version): ["status": "written", "version": .string(String(version))]
    case .conflict(let version): ["status": "conflict", "version": .string(String(version))]
    case .missing: ["status": "missing"]
    case .full(let fields): ["status": "full", "fields": .int(Int64(fields))]
    }
  }
}

extension FoundObject {
  fileprivate var json: JSONValue {
    [
      "status": "found", "version": .string(String(version)), "ends_in_us": endsIn.us,
      "fields": .object(fields.mapValues { JSONValue(bytes: $0) }),
    ]
  }
}
