import RESP

/// The calls of one flag as values, and what their replies mean.
package struct FlagCalls: Sendable {
  private let key: String

  package enum Cleared: String, Sendable {
    case cleared, down
  }

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "flag", id: name).name
  }

  package func set(
    _ payload: [UInt8], ttl: Duration, always: Bool = false, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .flagSet, keys: [key],
      arguments: [
        try NumberRule.payload(payload, "payload"), try NumberRule.ttl(ttl), always ? "always" : "down", nowUs,
      ])
  }

  package func read(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.flagRead, keys: [key], arguments: [nowUs])
  }

  package func clear(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.flagClear, keys: [key], arguments: [nowUs])
  }

  package static func set(_ reply: RESPValue) throws(RedisError) -> FlagAttempt {
    var reader = try ReplyReader(reply, of: "flag_set")
    switch reader.status {
    case "set":
      try reader.end()
      return .set
    case "up": return .up(try raised(&reader))
    default: throw reader.unknownStatus()
    }
  }

  package static func read(_ reply: RESPValue) throws(RedisError) -> RaisedFlag? {
    var reader = try ReplyReader(reply, of: "flag_read")
    switch reader.status {
    case "up": return try raised(&reader)
    case "down":
      try reader.end()
      return nil
    default: throw reader.unknownStatus()
    }
  }

  package static func cleared(_ reply: RESPValue) throws(RedisError) -> Cleared {
    try ReplyReader.word(reply, of: "flag_clear")
  }

  private static func raised(_ reader: inout ReplyReader) throws(RedisError) -> RaisedFlag {
    let payload = try reader.bytes("payload")
    let flag = RaisedFlag(payload: payload, endsIn: try reader.duration("ends_in_us"))
    try reader.end()
    return flag
  }
}
