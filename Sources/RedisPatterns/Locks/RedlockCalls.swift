import RESP

/// The calls of a Redlock's part on one node as values.
package struct RedlockCalls: Sendable {
  private let key: String

  package enum Renewed: String, Sendable {
    case renewed, lost
  }

  package enum Released: String, Sendable {
    case released, lost
  }

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "redlock", id: name).name
  }

  /// Asks for the node's vote.
  ///
  /// - Parameters:
  ///   - longest: the longest time to live that anybody uses with this name.
  ///   - uptime: zero for the node's own.
  package func acquire(
    owner: String, ttl: Duration, longest: Duration, uptime: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let longestUs = try NumberRule.ttl(longest, "longest ttl")
    return ScriptCall(
      .redlockAcquire, keys: [key],
      arguments: [
        try NumberRule.word(owner, "owner"), try NumberRule.time(ttl, "ttl", from: 1000, to: longestUs), longestUs,
        try NumberRule.time(uptime, "uptime", from: 0), nowUs,
      ])
  }

  package func renew(owner: String, ttl: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .redlockRenew, keys: [key],
      arguments: [try NumberRule.word(owner, "owner"), try NumberRule.ttl(ttl), nowUs])
  }

  package func release(owner: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.redlockRelease, keys: [key], arguments: [try NumberRule.word(owner, "owner"), nowUs])
  }

  package static func vote(_ reply: RESPValue) throws(RedisError) -> RedlockVote {
    var reader = try ReplyReader(reply, of: "redlock_acquire")
    let vote: RedlockVote
    switch reader.status {
    case "granted": vote = .granted
    case "held": vote = .held(retryAfter: try reader.duration("retry_after_us"))
    case "abstained": vote = .abstained(retryAfter: try reader.duration("retry_after_us"))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return vote
  }

  package static func renewed(_ reply: RESPValue) throws(RedisError) -> Renewed {
    let reader = try ReplyReader(reply, of: "redlock_renew")
    guard let result = Renewed(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return result
  }

  package static func released(_ reply: RESPValue) throws(RedisError) -> Released {
    let reader = try ReplyReader(reply, of: "redlock_release")
    guard let result = Released(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return result
  }
}
