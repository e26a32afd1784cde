import RESP

/// The calls of one index of tags as values, and what their replies mean.
package struct TagCalls: Sendable {
  private let key: RedisKey

  static let most: Int64 = 10_000
  static let mostTags = 100

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "tag", id: name)
  }

  /// The key of an item's tags.
  func ofItem(_ item: String) throws(RedisError) -> String { try key.field("tags", item, named: "item") }

  /// The keys of tags' items.
  func ofTags(_ tags: [String]) throws(RedisError) -> [String] {
    var keys: [String] = []
    for tag in try NumberRule.several(tags, "tags", most: Self.mostTags) {
      keys.append(try key.field("items", tag, named: "tag"))
    }
    return keys
  }

  package func add(
    _ item: String, tags: [String], most: Int64 = most, ttl: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let keys = try [ofItem(item)] + ofTags(tags)
    var arguments = RESPArguments(reserving: 96 + tags.count * 24)
    arguments.append(try NumberRule.identity(item, "item"))
    arguments.append(try NumberRule.count(most, "most", to: Self.most))
    arguments.append(try NumberRule.ttl(ttl))
    for tag in tags { arguments.append(tag) }
    arguments.append(nowUs)
    return ScriptCall(.tagAdd, keys: keys, arguments: arguments)
  }

  package func remove(
    _ item: String, tags: [String], ttl: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let keys = try [ofItem(item)] + ofTags(tags)
    var arguments = RESPArguments(reserving: 96 + tags.count * 24)
    arguments.append(try NumberRule.identity(item, "item"))
    arguments.append(try NumberRule.ttl(ttl))
    for tag in tags { arguments.append(tag) }
    arguments.append(nowUs)
    return ScriptCall(.tagRemove, keys: keys, arguments: arguments)
  }

  package static func added(_ reply: RESPValue) throws(RedisError) -> Tagging {
    var reader = try ReplyReader(reply, of: "tag_add")
    let result: Tagging
    switch reader.status {
    case "tagged": result = .tagged(tags: Int(try reader.integer("tags")))
    case "full": result = .full(tag: try reader.text("tag"))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func removed(_ reply: RESPValue) throws(RedisError) -> (removed: Int, tags: Int) {
    var reader = try ReplyReader(reply, of: "tag_remove")
    guard reader.status == "untagged" else { throw reader.unknownStatus() }
    let removed = Int(try reader.integer("removed"))
    let tags = Int(try reader.integer("tags"))
    try reader.end()
    return (removed, tags)
  }
}
