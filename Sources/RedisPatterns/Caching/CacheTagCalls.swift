import RESP

/// The calls of one tag as values.
package struct CacheTagCalls: Sendable {
  package let tag: String

  /// - Throws: `RedisError` with code `argument` for a tag that is empty or too long.
  package init(_ tag: String, namespace: String? = nil) throws(RedisError) {
    self.tag = try RedisKey(namespace: namespace, entity: "cachetag", id: tag).name
  }

  /// What a reader sends beside the entry.
  package var read: RESPCommand { RESPCommand("GET", tag) }

  /// The tag's epochs; those given where it has none. It lives for half of `ttl` at least.
  package func open(
    hard: String, soft: String, ttl: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheTagOpen, keys: [tag],
      arguments: [try Self.epoch(hard), try Self.epoch(soft), try NumberRule.ttl(ttl), nowUs])
  }

  package func delete(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.cacheTagDelete, keys: [tag], arguments: [nowUs])
  }

  package func markStale(soft: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.cacheTagMarkStale, keys: [tag], arguments: [try Self.epoch(soft), nowUs])
  }

  private static func epoch(_ digits: String) throws(RedisError) -> String {
    guard CacheEpochs.bytes(digits) != nil else { throw .argument("an epoch is not 32 hexadecimal digits") }
    return digits
  }

  package static func opened(_ reply: RESPValue) throws(RedisError) -> CacheEpochs {
    var reader = try ReplyReader(reply, of: "cache_tag_open")
    guard reader.status == "epochs" else { throw reader.unknownStatus() }
    let (hard, soft) = (try reader.text("hard"), try reader.text("soft"))
    guard let epochs = CacheEpochs(hard: hard, soft: soft) else { throw reader.broken("no epochs") }
    try reader.end()
    return epochs
  }

  /// How many tags had epochs: 0 or 1.
  package static func deleted(_ reply: RESPValue) throws(RedisError) -> Int64 {
    try count(reply, "deleted", of: "cache_tag_delete")
  }

  /// How many tags had epochs: 0 or 1.
  package static func marked(_ reply: RESPValue) throws(RedisError) -> Int64 {
    try count(reply, "marked", of: "cache_tag_mark_stale")
  }

  private static func count(_ reply: RESPValue, _ status: String, of script: String) throws(RedisError) -> Int64 {
    var reader = try ReplyReader(reply, of: script)
    guard reader.status == status else { throw reader.unknownStatus() }
    let tags = try reader.integer("tags")
    try reader.end()
    return tags
  }
}
