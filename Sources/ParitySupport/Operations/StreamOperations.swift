import RESP
import RedisPatterns

enum StreamOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try StreamCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "add":
      return try calls.add(
        given.byteFields("fields"), length: given.integer("length"), keep: given.microseconds("keep_us", default: 0),
        request: given.optionalText("request"), replay: given.microseconds("replay_us", default: 86_400_000_000),
        nowUs: nowUs)
    case "open":
      return try calls.open(
        group: given.text("group"), consumer: given.text("consumer"), start: given.optionalText("start") ?? "0",
        nowUs: nowUs)
    case "claim":
      guard let whose = StreamCalls.Whose(rawValue: try given.text("whose")) else { throw wrong("whose") }
      return try calls.claim(
        whose, of: given.optionalText("of"), group: given.text("group"), consumer: given.text("consumer"),
        cursor: given.optionalText("cursor") ?? StreamCalls.begin,
        rule: .init(
          idle: given.microseconds("idle_us"), tries: given.integer("tries"), letters: given.integer("length")),
        count: given.integer("count"), held: given.words("held", default: []), nowUs: nowUs)
    case "ack": return try calls.ack(receipt(given), nowUs: nowUs)
    case "renew": return try calls.renew(receipt(given), nowUs: nowUs)
    case "release":
      return try calls.release(
        receipt(given), idle: given.microseconds("idle_us"), delay: given.microseconds("delay_us", default: 0),
        nowUs: nowUs)
    case "bury":
      guard let reason = DeadLetter.Reason(rawValue: try given.text("reason")) else { throw wrong("reason") }
      return try calls.bury(
        receipt(given), reason: reason, error: given.optionalText("error") ?? "", letters: given.integer("length"),
        nowUs: nowUs)
    case "revive": return try calls.revive(deadID: given.text("dead_id"), nowUs: nowUs)
    case "leave":
      return try calls.leave(
        group: given.text("group"), consumer: given.text("consumer"), idle: given.microseconds("idle_us"), nowUs: nowUs)
    case "lag":
      return try calls.lag(group: given.text("group"), most: given.integer("most", default: 1000), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "add":
      let added = try StreamCalls.added(reply)
      return ["status": .string(added.isDuplicate ? "duplicate" : "added"), "id": .string(added.id)]
    case "open":
      switch try StreamCalls.opened(reply) {
      case .created: return ["status": "created"]
      case .exists(let former): return ["status": "exists", "former": .array(former.map { .string($0) })]
      }
    case "claim": return try StreamCalls.claimed(reply)?.json ?? ["status": "nogroup"]
    case "ack": return ["status": .string(try StreamCalls.acked(reply).rawValue)]
    case "renew": return ["status": .string(try StreamCalls.renewed(reply).rawValue)]
    case "release": return ["status": .string(try StreamCalls.released(reply).rawValue)]
    case "bury":
      switch try StreamCalls.buried(reply) {
      case .buried(let deadID): return ["status": "buried", "dead_id": .string(deadID)]
      case .lost: return ["status": "lost"]
      }
    case "revive":
      switch try StreamCalls.revived(reply) {
      case .revived(let id): return ["status": "revived", "id": .string(id)]
      case .empty: return ["status": "empty"]
      case .missing: return ["status": "missing"]
      }
    case "leave":
      let left = try StreamCalls.left(reply)
      return ["status": left.isMore ? "more" : "left", "released": .int(left.released)]
    case "lag": return try StreamCalls.lag(reply)?.json ?? ["status": "unknown"]
    default: return nil
    }
  }

  private static func receipt(_ given: Given) throws(RedisError) -> StreamCalls.Receipt {
    StreamCalls.Receipt(
      group: try given.text("group"), consumer: try given.text("consumer"), messageID: try given.text("message_id"),
      deliveries: try given.integer("deliveries"))
  }

  private static func wrong(_ name: String) -> RedisError {
    RedisError(.argument, "\(name) is none of its choices", execution: .notExecuted)
  }
}

extension StreamCalls.Claimed {
  fileprivate var json: JSONValue {
    [
      "status": "claimed", "cursor": .string(cursor), "buried": .int(buried), "trimmed": .int(trimmed),
      "messages": .array(
        messages.map { message in
          [
            "id": .string(message.id), "deliveries": .int(message.deliveries),
            "fields": .object(message.fields.mapValues(JSONValue.init(bytes:))),
          ]
        }),
      "undecodable": .array(
        undecodable.map { ["id": .string($0.id), "deliveries": .int($0.deliveries)] }),
    ]
  }
}

extension StreamLag {
  fileprivate var json: JSONValue {
    [
      "status": .string(isExact ? "exact" : "at_least"), "unread": .int(unread), "pending": .int(pending),
      "age_us": age.us,
    ]
  }
}
