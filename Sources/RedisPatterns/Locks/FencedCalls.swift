import RESP

/// The calls of one fenced value as values.
package struct FencedCalls: Sendable {
  private let keys: [String]

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "fenced", id: name)
    keys = [key.name, key.field("fence")]
  }

  /// Stores the value, unless a larger fence has written.
  package func write(
    _ value: [UInt8], fence: Int64, ttl: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .fencedWrite, keys: keys,
      arguments: [
        try NumberRule.count(fence, "fence", to: NumberRule.largestFence), value, try NumberRule.ttl(ttl), nowUs,
      ])
  }

  package var read: RESPCommand { RESPCommand("GET", keys[0]) }

  package static func written(_ reply: RESPValue) throws(RedisError) -> FencedWrite {
    var reader = try ReplyReader(reply, of: "fenced_write")
    let result: FencedWrite
    switch reader.status {
    case "written": result = .written
    case "stale": result = .stale(newest: try reader.fence("newest"))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }
}
