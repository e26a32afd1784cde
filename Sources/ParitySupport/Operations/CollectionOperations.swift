import RESP
import RedisPatterns

enum RecentOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    guard verb == "add" else { return nil }
    return try RecentCalls(given.text("name"), namespace: given.namespace).add(
      given.bytes("item"), most: given.integer("most", default: 100), move: given.flag("move"),
      ttl: given.microseconds("ttl_us"), nowUs: nowUs)
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    verb == "add" ? ["status": "added", "items": .int(Int64(try RecentCalls.added(reply)))] : nil
  }
}

enum SeriesOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try SeriesCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "add":
      return try calls.add(
        given.integer("value"), keep: given.microseconds("keep_us"), most: given.integer("most", default: 10_000),
        nowUs: nowUs)
    case "read":
      return try calls.read(
        span: given.microseconds("span_us"), step: given.microseconds("step_us", default: 0),
        count: given.integer("count", default: 100), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "add":
      let (atUs, points) = try SeriesCalls.added(reply)
      return ["status": "added", "at_us": .string(String(atUs)), "points": .int(Int64(points))]
    case "read":
      switch try SeriesCalls.read(reply) {
      case .points(let points): return ["status": "points", "points": .array(points.map(\.json))]
      case .steps(let steps): return ["status": "steps", "steps": .array(steps.map(\.json))]
      }
    default: return nil
    }
  }
}

enum TagOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try TagCalls(given.text("name"), namespace: given.namespace)
    let item = try given.text("item")
    let tags = try given.words("tags", default: [])
    switch verb {
    case "add":
      return try calls.add(
        item, tags: tags, most: given.integer("most", default: 10_000), ttl: given.microseconds("ttl_us"),
        nowUs: nowUs)
    case "remove": return try calls.remove(item, tags: tags, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "add":
      switch try TagCalls.added(reply) {
      case .tagged(let tags): return ["status": "tagged", "tags": .int(Int64(tags))]
      case .full(let tag): return ["status": "full", "tag": .string(tag)]
      }
    case "remove":
      let (removed, tags) = try TagCalls.removed(reply)
      return ["status": "untagged", "removed": .int(Int64(removed)), "tags": .int(Int64(tags))]
    default: return nil
    }
  }
}

enum UniqueOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let options = UniqueOptions(
      every: try given.microseconds("every_us", default: 86_400_000_000),
      periods: Int(try given.integer("periods", default: 2)), zone: try given.microseconds("zone_us", default: 0))
    let calls = try UniqueCalls(given.text("name"), options: options, namespace: given.namespace)
    switch verb {
    case "add": return try calls.add(given.listOfBytes("items"), nowUs: nowUs)
    case "count": return try calls.count(last: given.integer("last", default: 1), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "add": ["status": "counted", "changed": .bool(try UniqueCalls.added(reply))]
    case "count": ["status": "unique", "items": .int(Int64(try UniqueCalls.counted(reply)))]
    default: nil
    }
  }
}

enum EventLogOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    guard verb == "append" else { return nil }
    return try LogCalls(given.text("name"), namespace: given.namespace).append(
      given.text("kind"), payload: given.bytes("payload"), keep: given.microseconds("keep_us"),
      most: given.integer("most", default: 100_000), nowUs: nowUs)
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    guard verb == "append" else { return nil }
    let (id, events) = try LogCalls.appended(reply)
    return ["status": "appended", "id": .string(id), "events": .int(Int64(events))]
  }
}

extension SeriesPoint {
  fileprivate var json: JSONValue { ["at_us": .string(String(atUs)), "value": .int(Int64(value))] }
}

extension SeriesStep {
  fileprivate var json: JSONValue {
    [
      "begins_us": .string(String(beginsUs)), "points": .int(Int64(points)), "sum": .int(Int64(sum)),
      "least": .int(Int64(least)), "most": .int(Int64(most)),
    ]
  }
}
