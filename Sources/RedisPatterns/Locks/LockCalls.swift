import RESP

/// The calls of one lock as values.
package struct LockCalls: Sendable {
  private let keys: [String]
  /// Where the owner is published to whom a waiting lock was handed.
  package let channel: String

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "lock", id: name)
    keys = [key.name, key.field("fence"), key.field("queue"), key.field("waiters")]
    channel = key.field("wake")
  }

  /// Asks for the lease; with a patience above zero it also stands in the queue for that long.
  package func acquire(
    owner: String, ttl: Duration, patience: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let patienceUs =
      patience == .zero
      ? 0 : try NumberRule.time(patience, "patience", from: 1000, to: NumberRule.mostPatience)
    return ScriptCall(
      .lockAcquire, keys: keys,
      arguments: [
        try NumberRule.word(owner, "owner"), try NumberRule.ttl(ttl), patienceUs, channel, nowUs,
      ])
  }

  package func renew(owner: String, ttl: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .lockRenew, keys: Array(keys[..<2]),
      arguments: [try NumberRule.word(owner, "owner"), try NumberRule.ttl(ttl), nowUs])
  }

  /// Ends the lease, or leaves the queue, whichever the owner has.
  package func release(owner: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .lockRelease, keys: keys, arguments: [try NumberRule.word(owner, "owner"), channel, nowUs])
  }
}
