import RESP

/// The calls of one counter as values, and what their replies mean.
package struct CounterCalls: Sendable {
  private let key: RedisKey

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "counter", id: name)
  }

  /// A delta of 0 reads.
  package func add(
    _ delta: Int64, least: Int64 = -NumberRule.largest, most: Int64 = NumberRule.largest,
    life: CounterLife = .first, ttl: Duration, request: String? = nil, replay: Duration = .seconds(60),
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    guard try NumberRule.signed(least, "least") <= NumberRule.signed(most, "most") else {
      throw .argument("least is \(least), more than most, \(most)")
    }
    var keys = [key.name]
    if let request { keys.append(try key.field("request", request, named: "request")) }
    return ScriptCall(
      .counterAdd, keys: keys,
      arguments: [
        try NumberRule.signed(delta, "delta"), least, most, life.rawValue, try NumberRule.ttl(ttl),
        try NumberRule.time(replay, "replay", from: 1000), nowUs,
      ])
  }

  package func clear(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.counterClear, keys: [key.name], arguments: [nowUs])
  }

  package static func sum(_ reply: RESPValue) throws(RedisError) -> CounterSum {
    var reader = try ReplyReader(reply, of: "counter_add")
    guard ["counted", "refused"].contains(reader.status) else { throw reader.unknownStatus() }
    let value = Int(try reader.integer("value"))
    let endsIn = try reader.duration("ends_in_us")
    try reader.end()
    return reader.status == "counted"
      ? .counted(value: value, endsIn: endsIn) : .refused(value: value, endsIn: endsIn)
  }

  /// What it had counted.
  package static func cleared(_ reply: RESPValue) throws(RedisError) -> Int {
    var reader = try ReplyReader(reply, of: "counter_clear")
    guard reader.status == "cleared" else { throw reader.unknownStatus() }
    let value = try reader.integer("value")
    try reader.end()
    return Int(value)
  }
}
