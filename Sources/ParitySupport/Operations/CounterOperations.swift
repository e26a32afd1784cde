import RESP
import RedisPatterns

enum CounterOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try CounterCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "add":
      return try calls.add(
        given.integer("delta", default: 1), least: given.integer("least", default: -(1 << 52)),
        most: given.integer("most", default: 1 << 52), life: given.choice("life", default: .first),
        ttl: given.microseconds("ttl_us"), request: given.optionalText("request"),
        replay: given.microseconds("replay_us", default: 60_000_000), nowUs: nowUs)
    case "clear": return calls.clear(nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "add": try CounterCalls.sum(reply).json
    case "clear": ["status": "cleared", "value": .int(Int64(try CounterCalls.cleared(reply)))]
    default: nil
    }
  }
}

extension CounterSum {
  fileprivate var json: JSONValue {
    switch self {
    case .counted(let value, let endsIn):
      ["status": "counted", "value": .int(Int64(value)), "ends_in_us": endsIn.us]
    case .refused(let value, let endsIn):
      ["status": "refused", "value": .int(Int64(value)), "ends_in_us": endsIn.us]
    }
  }
}

extension Given {
  /// One of some words; another is a wrong argument.
  func choice<Choice: RawRepresentable<String>>(
    _ name: String, default fallback: Choice
  ) throws(RedisError) -> Choice {
    guard let word = try optionalText(name) else { return fallback }
    guard let choice = Choice(rawValue: word) else {
      throw RedisError(.argument, "\(name): no such choice", execution: .notExecuted)
    }
    return choice
  }
}
