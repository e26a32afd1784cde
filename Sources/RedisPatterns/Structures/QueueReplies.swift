import RESP

extension QueueCalls {
  package enum Popped: Sendable, Hashable {
    case job(id: String, payload: [UInt8], attempt: Int)
    case empty(retryAfter: Duration)
  }

  package enum Extended: String, Sendable {
    case extended, lost
  }

  package static func pushed(_ reply: RESPValue) throws(RedisError) -> QueuePush {
    var reader = try ReplyReader(reply, of: "queue_push")
    let jobs = Int(try reader.integer("jobs"))
    try reader.end()
    switch reader.status {
    case "pushed": return .pushed(jobs: jobs)
    case "exists": return .exists(jobs: jobs)
    case "full": return .full(jobs: jobs)
    default: throw reader.unknownStatus()
    }
  }

  package static func popped(_ reply: RESPValue) throws(RedisError) -> Popped {
    var reader = try ReplyReader(reply, of: "queue_pop")
    let result: Popped
    switch reader.status {
    case "job":
      let id = try reader.text("id")
      let payload = try reader.bytes("payload")
      result = .job(id: id, payload: payload, attempt: Int(try reader.integer("attempt")))
    case "empty": result = .empty(retryAfter: try reader.duration("retry_after_us"))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func settled(_ reply: RESPValue) throws(RedisError) -> JobEnd {
    try ReplyReader.word(reply, of: "queue_settle")
  }

  package static func extended(_ reply: RESPValue) throws(RedisError) -> Extended {
    try ReplyReader.word(reply, of: "queue_extend")
  }

  package static func looked(_ reply: RESPValue) throws(RedisError) -> QueueState {
    var reader = try ReplyReader(reply, of: "queue_look")
    guard reader.status == "looked" else { throw reader.unknownStatus() }
    let ready = Int(try reader.integer("ready"))
    let out = Int(try reader.integer("out"))
    let later = Int(try reader.integer("later"))
    let dead = Int(try reader.integer("dead"))
    var graves: [DeadJob] = []
    while !reader.isAtEnd {
      let id = try reader.text("id")
      let attempts = Int(try reader.integer("attempt"))
      graves.append(DeadJob(id: id, attempts: attempts, payload: try reader.bytes("payload")))
    }
    return QueueState(ready: ready, out: out, later: later, dead: dead, graves: graves)
  }

  package static func revived(_ reply: RESPValue) throws(RedisError) -> Int {
    var reader = try ReplyReader(reply, of: "queue_revive")
    guard reader.status == "revived" else { throw reader.unknownStatus() }
    let jobs = try reader.integer("jobs")
    try reader.end()
    return Int(jobs)
  }
}
