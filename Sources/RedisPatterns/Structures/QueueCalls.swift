import RESP

/// The calls of one queue as values.
package struct QueueCalls: Sendable {
  private let keys: [String]
  private let options: QueueOptions
  private let ttlUs: Int64

  private static let mostListed: Int64 = 1000

  /// - Throws: `RedisError` with code `argument` when the name or the options break the number rules.
  package init(_ name: String, options: QueueOptions = .init(), namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "queue", id: name)
    keys = [key.name] + ["jobs", "state", "leases", "later", "dead"].map { key.field($0) }
    _ = try NumberRule.count(Int64(options.tries), "tries")
    _ = try NumberRule.count(Int64(options.most), "most")
    _ = try NumberRule.count(Int64(options.graves), "graves")
    ttlUs = try NumberRule.ttl(options.ttl)
    self.options = options
  }

  package func push(
    id: String, payload: [UInt8], delay: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queuePush, keys: keys,
      arguments: [
        try NumberRule.identity(id, "id"), try NumberRule.payload(payload, "payload"),
        try NumberRule.time(delay, "delay", from: 0), options.most, ttlUs, nowUs,
      ])
  }

  /// The same token again gives the same job as long as nobody else was given it.
  package func pop(token: String, lease: Duration, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queuePop, keys: keys,
      arguments: [
        try NumberRule.word(token, "token"), try NumberRule.ttl(lease, "lease"), options.tries, options.graves,
        ttlUs, nowUs,
      ])
  }

  package func settle(
    id: String, token: String, verb: JobVerb = .ack, delay: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queueSettle, keys: keys,
      arguments: [
        try NumberRule.identity(id, "id"), try NumberRule.word(token, "token"), verb.rawValue,
        try NumberRule.time(delay, "delay", from: 0), options.tries, options.graves, ttlUs, nowUs,
      ])
  }

  package func extend(
    id: String, token: String, lease: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queueExtend, keys: keys,
      arguments: [
        try NumberRule.identity(id, "id"), try NumberRule.word(token, "token"), try NumberRule.ttl(lease, "lease"),
        ttlUs, nowUs,
      ])
  }

  package func look(_ count: Int64 = 10, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queueLook, keys: [keys[0], keys[3], keys[4], keys[5]],
      arguments: [try NumberRule.count(count, "count", from: 0, to: Self.mostListed), nowUs])
  }

  package func revive(_ count: Int64 = 100, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .queueRevive, keys: keys,
      arguments: [try NumberRule.count(count, "count", to: Self.mostListed), ttlUs, nowUs])
  }
}

/// How the lease of a job ends.
package enum JobVerb: String, Sendable, CaseIterable {
  case ack, retry, bury
}
