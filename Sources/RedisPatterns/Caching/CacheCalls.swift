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

  package func acquire(token: String, lease ttl: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheAcquire, keys: [entry, lease],
      arguments: [try NumberRule.word(token, "token"), try NumberRule.ttl(ttl, "lease"), nowUs])
  }

  /// - Parameters:
  ///   - value: its grace and load time are stamped here, its `fresh until` by the script.
  ///   - load: how long the load took, at most 2^32 − 1 ms.
  package func fill(
    token: String, value: CacheEntry, ttl: Duration, grace: Duration = .zero, load: Duration = .zero,
    nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let graceUs = try NumberRule.time(grace, "grace", from: 0, to: NumberRule.longestInHeader)
    let loadUs = try NumberRule.time(load, "load", from: 0, to: NumberRule.longestInHeader)
    var value = value
    value.graceMs = UInt32((graceUs + 999) / 1000)
    value.loadMs = UInt32((loadUs + 999) / 1000)
    return ScriptCall(
      .cacheFill, keys: [entry, lease],
      arguments: [
        try NumberRule.word(token, "token"), value.bytes, try NumberRule.ttl(ttl), graceUs, nowUs,
      ])
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

  package func delete(holdoff: Duration = .zero, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .cacheDelete, keys: [entry, lease],
      arguments: [try NumberRule.time(holdoff, "holdoff", from: 0), nowUs])
  }
}
