import RESP

/// The calls of one semaphore as values; its replies are read as a lock's.
package struct SemaphoreCalls: Sendable {
  private let keys: [String]
  /// Where the owners are published to whom permits were handed.
  package let channel: String

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "semaphore", id: name)
    keys = [key.name, key.field("fence"), key.field("queue"), key.field("waiters")]
    channel = key.field("wake")
  }

  /// Asks for `weight` of `limit` permits; with a patience above zero it also stands in the queue for that long.
  package func acquire(
    owner: String, weight: Int64 = 1, limit: Int64, ttl: Duration, patience: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let patienceUs =
      patience == .zero
      ? 0 : try NumberRule.time(patience, "patience", from: 1000, to: NumberRule.mostPatience)
    return ScriptCall(
      .semaphoreAcquire, keys: keys,
      arguments: [
        try NumberRule.word(owner, "owner"),
        try NumberRule.count(weight, "weight", to: try NumberRule.count(limit, "limit")), limit,
        try NumberRule.ttl(ttl), patienceUs, channel, nowUs,
      ])
  }

  package func renew(owner: String, ttl: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .semaphoreRenew, keys: Array(keys[..<2]),
      arguments: [try NumberRule.word(owner, "owner"), try NumberRule.ttl(ttl), nowUs])
  }

  /// Gives the permits back, or leaves the queue, whichever the owner has.
  package func release(owner: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .semaphoreRelease, keys: keys, arguments: [try NumberRule.word(owner, "owner"), channel, nowUs])
  }
}
