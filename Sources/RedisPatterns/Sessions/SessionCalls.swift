import RESP

/// The calls of one user's sessions as values.
package struct SessionCalls: Sendable {
  /// The user's list.
  package let list: String
  private let key: RedisKey

  /// - Throws: `RedisError` with code `argument` for a namespace that is empty or too long.
  package init(_ tag: SessionTag, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "session", id: tag.hex)
    list = key.field("list")
  }

  /// The key of one session.
  package func session(_ handle: String) throws(RedisError) -> String {
    try key.field("id", try Self.checked(handle), named: "handle")
  }

  package func create(
    handle: String, user: String?, idle: Duration, lifetime: Duration, limit: Int64 = 0,
    atLimit: SessionOptions.AtLimit = .endFirst, data: [String: String] = [:], nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    var arguments: [any RESPArgument] = [
      handle, try Self.name(user), try NumberRule.ttl(idle, "idle"), try NumberRule.ttl(lifetime, "lifetime"),
      try NumberRule.count(limit, "limit", from: 0, to: Self.mostSessions), atLimit.rawValue,
    ]
    for (name, value) in try Self.sorted(data) {
      arguments.append(name)
      arguments.append(value)
    }
    arguments.append(nowUs)
    return ScriptCall(.sessionCreate, keys: [try session(handle), list], arguments: arguments)
  }

  /// Loads; changes when there is something to change, and only at `version` unless that is zero.
  package func use(
    handle: String, touchEvery: Duration, version: Int64 = 0, put: [String: String] = [:], drop: [String] = [],
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    var arguments: [any RESPArgument] = [
      handle, try NumberRule.time(touchEvery, "touchEvery", from: 0),
      try NumberRule.count(version, "version", from: 0),
    ]
    let changed = try Self.sorted(put)
    guard changed.count + drop.count <= Self.mostChanges else {
      throw .argument("\(changed.count + drop.count) changes at a time are more than \(Self.mostChanges)")
    }
    for (name, value) in changed {
      arguments.append("put")
      arguments.append(name)
      arguments.append(value)
    }
    for name in drop {
      arguments.append("drop")
      arguments.append(try Self.field(name))
      arguments.append("")
    }
    arguments.append(nowUs)
    return ScriptCall(.sessionUse, keys: [try session(handle), list], arguments: arguments)
  }

  package func rotate(
    handle: String, fresh: String, grace: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let graceUs = try NumberRule.time(grace, "grace", from: 0, to: Self.longestGrace)
    return ScriptCall(
      .sessionRotate, keys: [try session(handle), try session(fresh), list],
      arguments: [handle, fresh, graceUs, nowUs])
  }

  package func revoke(handle: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.sessionRevoke, keys: [try session(handle), list], arguments: [handle, nowUs])
  }

  /// Ends all, or all but the one that asks.
  package func revokeAll(keeping handle: String? = nil, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    var keys = [list]
    if let handle { keys.append(try session(handle)) }
    return ScriptCall(.sessionRevokeAll, keys: keys, arguments: [handle ?? "", nowUs])
  }

  package func names(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.sessionList, keys: [list], arguments: [nowUs])
  }

  /// The second round of a list: what one session says of itself.
  package func about(_ handle: String, fields: [String]) throws(RedisError) -> RESPCommand {
    var command = RESPCommand("HMGET", try session(handle), "created_us", "touched_us")
    for name in fields { command.append(".\(try Self.field(name))") }
    return command
  }

  /// Deletes what nobody can reach any more.
  package func forget(_ handles: [String]) throws(RedisError) -> RESPCommand {
    var command = RESPCommand("UNLINK")
    for handle in handles { command.append(try session(handle)) }
    return command
  }

  /// A minute.
  private static let longestGrace: Int64 = 60_000_000
  private static let mostSessions: Int64 = 1000
  private static let mostChanges = 256

  /// 64 lower-case hexadecimal digits.
  static func isHandle(_ text: String) -> Bool {
    text.utf8.count == 64
      && text.hasOnly {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  private static func checked(_ handle: String) throws(RedisError) -> String {
    guard isHandle(handle) else { throw .argument("a handle is 64 hexadecimal digits") }
    return handle
  }

  /// Empty for nobody.
  private static func name(_ user: String?) throws(RedisError) -> String {
    guard let user else { return "" }
    guard (1...512).contains(user.utf8.count) else {
      throw .argument("a user of \(user.utf8.count) bytes is not within 1 to 512")
    }
    return user
  }

  private static func field(_ name: String) throws(RedisError) -> String {
    guard (1...128).contains(name.utf8.count) else {
      throw .argument("a field's name of \(name.utf8.count) bytes is not within 1 to 128")
    }
    return name
  }

  /// By the bytes of the names, so that every language sends the same.
  private static func sorted(_ data: [String: String]) throws(RedisError) -> [(String, String)] {
    guard data.count <= mostChanges else {
      throw .argument("\(data.count) fields at a time are more than \(mostChanges)")
    }
    for name in data.keys { _ = try field(name) }
    return data.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }
}
