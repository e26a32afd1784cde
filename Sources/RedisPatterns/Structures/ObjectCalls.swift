import RESP

/// The calls of one versioned object as values, and what their replies mean.
package struct ObjectCalls: Sendable {
  private let key: String

  private static let mostFields = 1000

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "object", id: name).name
  }

  /// - Parameter seen: the version that was read; 0: there must be none; nil: in any case.
  package func write(
    set: [(name: String, value: [UInt8])], remove: [String] = [], seen: Int64? = nil, ttl: Duration,
    most: Int64 = 1000, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let names = set.map(\.name) + remove
    guard (1...Self.mostFields).contains(names.count), Set(names).count == names.count else {
      throw .argument("a change names 1 to \(Self.mostFields) fields, each once")
    }
    var arguments = RESPArguments(reserving: 128)
    arguments.append(try Self.word(seen))
    arguments.append(try NumberRule.ttl(ttl))
    arguments.append(try NumberRule.count(most, "most", to: Int64(Self.mostFields)))
    arguments.append(set.count)
    // In one order in every language and every run.
    for (name, value) in set.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      arguments.append(try Self.field(name))
      arguments.append(try NumberRule.payload(value, name))
    }
    for name in remove { arguments.append(try Self.field(name)) }
    arguments.append(nowUs)
    return ScriptCall(.objectWrite, keys: [key], arguments: arguments)
  }

  package func read(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.objectRead, keys: [key], arguments: [nowUs])
  }

  package func delete(seen: Int64? = nil, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.objectDelete, keys: [key], arguments: [try Self.word(seen), nowUs])
  }

  private static func word(_ seen: Int64?) throws(RedisError) -> String {
    guard let seen else { return "" }
    return String(try NumberRule.count(seen, "seen", from: 0, to: 2 * NumberRule.largest))
  }

  private static func field(_ name: String) throws(RedisError) -> String {
    guard !name.utf8.starts(with: "@".utf8) else { throw .argument("a field's name must not begin with @") }
    return try NumberRule.identity(name, "field")
  }

  package static func written(_ reply: RESPValue) throws(RedisError) -> ObjectWrite {
    var reader = try ReplyReader(reply, of: "object_write")
    let result: ObjectWrite
    switch reader.status {
    case "written": result = .written(version: try reader.decimal("version"))
    case "conflict": result = .conflict(version: try reader.decimal("version"))
    case "missing": result = .missing
    case "full": result = .full(fields: Int(try reader.integer("fields")))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func read(_ reply: RESPValue) throws(RedisError) -> FoundObject? {
    var reader = try ReplyReader(reply, of: "object_read")
    switch reader.status {
    case "missing":
      try reader.end()
      return nil
    case "found":
      let version = try reader.decimal("version")
      let endsIn = try reader.duration("ends_in_us")
      var fields: [String: [UInt8]] = [:]
      while !reader.isAtEnd {
        let name = try reader.text("name")
        fields[name] = try reader.bytes("value")
      }
      return FoundObject(version: version, fields: fields, endsIn: endsIn)
    default: throw reader.unknownStatus()
    }
  }

  package static func deleted(_ reply: RESPValue) throws(RedisError) -> ObjectDelete {
    var reader = try ReplyReader(reply, of: "object_delete")
    let result: ObjectDelete
    switch reader.status {
    case "deleted": result = .deleted
    case "conflict": result = .conflict(version: try reader.decimal("version"))
    case "missing": result = .missing
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }
}
