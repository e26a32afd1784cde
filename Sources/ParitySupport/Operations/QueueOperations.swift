import RESP
import RedisPatterns

enum QueueOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try calls(given)
    switch verb {
    case "push":
      return try calls.push(
        id: given.text("id"), payload: given.bytes("payload"), delay: given.microseconds("delay_us", default: 0),
        nowUs: nowUs)
    case "pop":
      return try calls.pop(
        token: given.text("token"), lease: given.microseconds("lease_us", default: 30_000_000), nowUs: nowUs)
    case "settle":
      return try calls.settle(
        id: given.text("id"), token: given.text("token"), verb: given.choice("verb", default: .ack),
        delay: given.microseconds("delay_us", default: 0), nowUs: nowUs)
    case "extend":
      return try calls.extend(
        id: given.text("id"), token: given.text("token"),
        lease: given.microseconds("lease_us", default: 30_000_000), nowUs: nowUs)
    case "look": return try calls.look(given.integer("count", default: 10), nowUs: nowUs)
    case "revive": return try calls.revive(given.integer("count", default: 100), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "push": try QueueCalls.pushed(reply).json
    case "pop": try QueueCalls.popped(reply).json
    case "settle": ["status": .string(try QueueCalls.settled(reply).rawValue)]
    case "extend": ["status": .string(try QueueCalls.extended(reply).rawValue)]
    case "look": try QueueCalls.looked(reply).json
    case "revive": ["status": "revived", "jobs": .int(Int64(try QueueCalls.revived(reply)))]
    default: nil
    }
  }

  private static func calls(_ given: Given) throws(RedisError) -> QueueCalls {
    let options = QueueOptions(
      tries: Int(try given.integer("tries", default: 5)), most: Int(try given.integer("most", default: 100_000)),
      graves: Int(try given.integer("graves", default: 1000)),
      ttl: try given.microseconds("ttl_us", default: 7 * 86_400_000_000))
    return try QueueCalls(given.text("name"), options: options, namespace: given.namespace)
  }
}

extension QueuePush {
  fileprivate var json: JSONValue {
    switch self {
    case .pushed(let jobs): ["status": "pushed", "jobs": .int(Int64(jobs))]
    case .exists(let jobs): ["status": "exists", "jobs": .int(Int64(jobs))]
    case .full(let jobs): ["status": "full", "jobs": .int(Int64(jobs))]
    }
  }
}

extension QueueCalls.Popped {
  fileprivate var json: JSONValue {
    switch self {
    case .job(let id, let payload, let attempt):
      ["status": "job", "id": .string(id), "payload": JSONValue(bytes: payload), "attempt": .int(Int64(attempt))]
    case .empty(let retryAfter): ["status": "empty", "retry_after_us": retryAfter.us]
    }
  }
}

extension QueueState {
  fileprivate var json: JSONValue {
    let listed = graves.map { job -> JSONValue in
      ["id": .string(job.id), "attempts": .int(Int64(job.attempts)), "payload": JSONValue(bytes: job.payload)]
    }
    return [
      "status": "looked", "ready": .int(Int64(ready)), "out": .int(Int64(out)), "later": .int(Int64(later)),
      "dead": .int(Int64(dead)), "graves": .array(listed),
    ]
  }
}
