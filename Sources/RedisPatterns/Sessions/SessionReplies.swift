import RESP

extension SessionCalls {
  /// A live session as the server has it.
  package struct State: Sendable, Hashable {
    package var version: Int64
    package var age: Duration
    package var unused: Duration
    package var expiresIn: Duration
    package var endsIn: Duration
    package var user: String?
    package var data: [String: String]
  }

  package enum Created: Sendable, Hashable {
    /// The handles of those that had to go for it.
    case created(ended: [String])
    case full(retryAfter: Duration)
    case taken
  }

  package enum Used: Sendable, Hashable {
    case live(State)
    case conflict(version: Int64)
    case replaced(by: String)
    case gone
  }

  package enum Rotated: Sendable, Hashable {
    case rotated(State)
    case replaced(by: String)
    case gone
    case taken
  }

  package enum Revoked: Sendable, Hashable {
    case ended
    case replaced(by: String)
    case gone
  }

  package enum RevokedAll: Sendable, Hashable {
    case ended([String])
    case replaced(by: String)
    case gone
  }

  /// The live sessions of a user, and the server's clock.
  package struct Names: Sendable, Hashable {
    package struct Name: Sendable, Hashable {
      package var handle: String
      package var expiresIn: Duration
    }

    package var nowUs: Int64
    package var sessions: [Name]
  }

  package static func created(_ reply: RESPValue) throws(RedisError) -> Created {
    var reader = try ReplyReader(reply, of: "session_create")
    let result: Created
    switch reader.status {
    case "created": result = .created(ended: try reader.handles())
    case "full": result = .full(retryAfter: try reader.duration("retry_after_us"))
    case "taken": result = .taken
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func used(_ reply: RESPValue) throws(RedisError) -> Used {
    var reader = try ReplyReader(reply, of: "session_use")
    let result: Used
    switch reader.status {
    case "live": result = .live(try reader.state())
    case "conflict": result = .conflict(version: try reader.integer("version"))
    case "replaced": result = .replaced(by: try reader.handle())
    case "gone": result = .gone
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func rotated(_ reply: RESPValue) throws(RedisError) -> Rotated {
    var reader = try ReplyReader(reply, of: "session_rotate")
    let result: Rotated
    switch reader.status {
    case "rotated": result = .rotated(try reader.state())
    case "replaced": result = .replaced(by: try reader.handle())
    case "gone": result = .gone
    case "taken": result = .taken
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func revoked(_ reply: RESPValue) throws(RedisError) -> Revoked {
    var reader = try ReplyReader(reply, of: "session_revoke")
    let result: Revoked
    switch reader.status {
    case "ended": result = .ended
    case "replaced": result = .replaced(by: try reader.handle())
    case "gone": result = .gone
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func revokedAll(_ reply: RESPValue) throws(RedisError) -> RevokedAll {
    var reader = try ReplyReader(reply, of: "session_revoke_all")
    let result: RevokedAll
    switch reader.status {
    case "ended": result = .ended(try reader.handles())
    case "replaced": result = .replaced(by: try reader.handle())
    case "gone": result = .gone
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func names(_ reply: RESPValue) throws(RedisError) -> Names {
    var reader = try ReplyReader(reply, of: "session_list")
    guard reader.status == "listed" else { throw reader.unknownStatus() }
    var names = Names(nowUs: try reader.integer("now_us"), sessions: [])
    while !reader.isAtEnd {
      let handle = try reader.handle()
      names.sessions.append(Names.Name(handle: handle, expiresIn: try reader.duration("expires_in_us")))
    }
    return names
  }

  /// What one session says of itself in a list; nil when it ended, or was rotated, since its name was read.
  package static func about(
    _ reply: RESPValue, _ name: Names.Name, fields: [String], nowUs: Int64
  ) throws(RedisError) -> ListedSession? {
    guard let values = reply.array, values.count == fields.count + 2 else { throw odd }
    guard !values[0].isNull else { return nil }
    guard let created = values[0].int, let touched = values[1].int else { throw odd }
    var data: [String: String] = [:]
    for (field, value) in zip(fields, values.dropFirst(2)) where !value.isNull {
      guard let text = value.string else { throw odd }
      data[field] = text
    }
    return ListedSession(
      handle: name.handle, age: .microseconds(max(nowUs - created, 0)),
      unused: .microseconds(max(nowUs - touched, 0)), expiresIn: name.expiresIn, data: data)
  }

  private static var odd: RedisError {
    RedisError(.reply, "a session in a list is not in its form", execution: .unknown, command: "HMGET")
  }
}

extension ReplyReader {
  fileprivate mutating func handle() throws(RedisError) -> String {
    let text = try text("handle")
    guard SessionCalls.isHandle(text) else { throw broken("no handle") }
    return text
  }

  fileprivate mutating func handles() throws(RedisError) -> [String] {
    var handles: [String] = []
    while !isAtEnd { handles.append(try handle()) }
    return handles
  }

  fileprivate mutating func state() throws(RedisError) -> SessionCalls.State {
    let version = try integer("version")
    let (age, unused) = (try duration("age_us"), try duration("unused_us"))
    let (expiresIn, endsIn) = (try duration("expires_in_us"), try duration("ends_in_us"))
    let user = try text("user")
    var data: [String: String] = [:]
    while !isAtEnd {
      let name = try text("field")
      data[name] = try text("value")
    }
    return SessionCalls.State(
      version: version, age: age, unused: unused, expiresIn: expiresIn, endsIn: endsIn,
      user: user.isEmpty ? nil : user, data: data)
  }
}
