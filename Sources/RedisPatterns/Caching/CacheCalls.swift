import RESP

/// The calls of one cached key as values.
package struct CacheCalls: Sendable {
  package let entry: String
  package let lease: String

  /// - Throws: `RedisError` with code `argument` for a key that is empty or too long.
  package init(_ key: String, namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "cache", id: key)
    entry = key.name
    lease = key.field("lease")
  }

  /// What a reader sends, in one round trip. The remaining life comes first: read after the entry it could belong to a
  /// newer one, and an old value would pass for fresh.
  package var read: [RESPCommand] { [RESPCommand("PTTL", entry), RESPCommand("GET", entry)] }

  /// - Parameters:
  ///   - early: how long before its end an entry may be renewed already.
  ///   - deadUs: the `fresh until` of an entry that was found worthless or stale by its tags.
  package func acquire(
    token: String, lease ttl: Duration, early: Duration = .zero, deadUs: UInt64 = 0, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheAcquire, keys: [entry, lease],
      arguments: [
        try NumberRule.word(token, "token"), try NumberRule.ttl(ttl, "lease"),
        try NumberRule.time(early, "early", from: 0), deadUs, nowUs,
      ])
  }

  /// - Parameters:
  ///   - value: its grace and load time are stamped here, its `fresh until` by the script.
  ///   - load: how long the load took, at most 2^32 − 1 ms.
  package func fill(
    token: String, value: CacheEntry, ttl: Duration, grace: Duration = .zero, load: Duration = .zero,
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let (stamped, graceUs) = try stamp(value, grace, load)
    return ScriptCall(
      .cacheFill, keys: [entry, lease],
      arguments: [try NumberRule.word(token, "token"), stamped, try NumberRule.ttl(ttl), graceUs, nowUs])
  }

  /// Stores what was written to the source, whoever loads.
  package func put(
    value: CacheEntry, ttl: Duration, grace: Duration = .zero, load: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let (stamped, graceUs) = try stamp(value, grace, load)
    return ScriptCall(
      .cachePut, keys: [entry, lease], arguments: [stamped, try NumberRule.ttl(ttl), graceUs, nowUs])
  }

  private func stamp(
    _ value: CacheEntry, _ grace: Duration, _ load: Duration
  ) throws(RedisError) -> (bytes: [UInt8], graceUs: Int64) {
    let graceUs = try NumberRule.time(grace, "grace", from: 0, to: NumberRule.longestInHeader)
    let loadUs = try NumberRule.time(load, "load", from: 0, to: NumberRule.longestInHeader)
    guard value.tags.count <= CacheTag.most, value.tags.allSatisfy({ $0.name.utf8.count <= RedisKey.longestPart })
    else { throw .argument("more than \(CacheTag.most) tags, or one of more than \(RedisKey.longestPart) bytes") }
    var value = value
    value.graceMs = UInt32((graceUs + 999) / 1000)
    value.loadMs = UInt32((loadUs + 999) / 1000)
    return (value.bytes, graceUs)
  }

  package func renew(token: String, lease ttl: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheRenew, keys: [lease],
      arguments: [try NumberRule.word(token, "token"), try NumberRule.ttl(ttl, "lease"), nowUs])
  }

  package func release(
    token: String, backoff: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheRelease, keys: [lease],
      arguments: [
        try NumberRule.word(token, "token"), try NumberRule.time(backoff, "backoff", from: 0), nowUs,
      ])
  }

  /// - Parameters:
  ///   - version: from 1 on; nil: whatever is there goes, and nothing is kept of it.
  ///   - keep: how long what is older than the version cannot be stored.
  package func delete(
    holdoff: Duration = .zero, version: UInt64? = nil, keep: Duration = .seconds(60), nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    if version == 0 { throw .argument("version is 0, which means none") }
    return ScriptCall(
      .cacheDelete, keys: [entry, lease],
      arguments: [
        try NumberRule.time(holdoff, "holdoff", from: 0), version.map(CacheEntry.tombstone) ?? [],
        try NumberRule.ttl(keep, "keep"), nowUs,
      ])
  }

  package func markStale(holdoff: Duration = .zero, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheMarkStale, keys: [entry, lease],
      arguments: [try NumberRule.time(holdoff, "holdoff", from: 0), nowUs])
  }
}
