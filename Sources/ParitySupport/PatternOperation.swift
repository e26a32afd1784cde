import RESP
import RedisPatterns

/// One operation of a vector: what is given → the call on the wire, and its reply → the outcome, both as data.
///
/// The names and shapes stand in `Tests/Conformance/README.md`; Python reads the same.
public struct PatternOperation: Sendable {
  public let name: String
  public let given: JSONValue

  public init(_ name: String, given: JSONValue) {
    self.name = name
    self.given = given
  }

  /// Builds the call, or throws what a caller of the pattern would get before anything is sent.
  public func call(nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    let given = Given(given)
    let namespace = try given.optionalText("namespace")
    switch name.prefix(while: { $0 != "." }) {
    case "bucket": return try bucketCall(given, try bucket(given, namespace), nowUs)
    case "lock": return try lockCall(given, LockCalls(given.text("name"), namespace: namespace), nowUs)
    case "cache": return try cacheCall(given, CacheCalls(given.text("key"), namespace: namespace), nowUs)
    default: throw unknown
    }
  }

  /// Reads a reply into `{"status": …}` and its values.
  public func outcome(_ reply: RESPValue) throws(RedisError) -> JSONValue {
    switch name {
    case "bucket.take", "bucket.peek": try bucket(Given(given), nil).decision(reply).json
    case "bucket.refund": try bucket(Given(given), nil).refund(reply).json
    case "lock.acquire": try LockCalls.acquired(reply).json
    case "lock.renew": try LockCalls.renewed(reply).json
    case "lock.release": ["status": .string(try LockCalls.released(reply).rawValue)]
    case "cache.acquire": try CacheCalls.acquired(reply).json
    case "cache.fill": ["status": .string(try CacheCalls.filled(reply).rawValue)]
    case "cache.renew": ["status": .string(try CacheCalls.renewed(reply).rawValue)]
    case "cache.release": ["status": .string(try CacheCalls.released(reply).rawValue)]
    case "cache.delete": ["status": "deleted", "entries": .int(try CacheCalls.deleted(reply))]
    default: throw unknown
    }
  }

  /// How a failure stands in a vector.
  public static func outcome(of error: RedisError) -> JSONValue { ["error": .string(error.code.rawValue)] }

  private var unknown: RedisError {
    RedisError(.argument, "no operation is called \(name)", execution: .notExecuted)
  }

  private func bucket(_ given: Given, _ namespace: String?) throws(RedisError) -> BucketCalls {
    var tiers: [RateLimit.Tier] = []
    for tier in try given.items("tiers") {
      tiers.append(
        RateLimit.Tier(
          try tier.text("name"), Int(try tier.integer("limit")), per: try tier.microseconds("per_us"),
          burst: Int(try tier.integer("burst"))))
    }
    return try BucketCalls(limit: .tiers(tiers), namespace: namespace)
  }

  private func bucketCall(_ given: Given, _ calls: BucketCalls, _ nowUs: Int64) throws(RedisError) -> ScriptCall {
    let id = try given.text("id")
    switch name {
    case "bucket.take":
      return try calls.take(
        id, cost: given.integer("cost", default: 1), request: given.optionalText("request"),
        replay: given.microseconds("replay_us", default: 60_000_000), nowUs: nowUs)
    case "bucket.peek":
      return try calls.peek(
        id, cost: given.integer("cost", default: 1),
        replay: given.microseconds("replay_us", default: 60_000_000), nowUs: nowUs)
    case "bucket.refund": return try calls.refund(id, request: given.text("request"), nowUs: nowUs)
    default: throw unknown
    }
  }

  private func lockCall(_ given: Given, _ calls: LockCalls, _ nowUs: Int64) throws(RedisError) -> ScriptCall {
    let owner = try given.text("owner")
    switch name {
    case "lock.acquire":
      return try calls.acquire(
        owner: owner, ttl: given.microseconds("ttl_us"),
        patience: given.microseconds("patience_us", default: 0), nowUs: nowUs)
    case "lock.renew": return try calls.renew(owner: owner, ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    case "lock.release": return try calls.release(owner: owner, nowUs: nowUs)
    default: throw unknown
    }
  }

  private func cacheCall(_ given: Given, _ calls: CacheCalls, _ nowUs: Int64) throws(RedisError) -> ScriptCall {
    switch name {
    case "cache.acquire":
      return try calls.acquire(token: given.text("token"), lease: given.microseconds("ttl_us"), nowUs: nowUs)
    case "cache.fill":
      return try calls.fill(
        token: given.text("token"), value: try entry(given), ttl: given.microseconds("ttl_us"),
        grace: given.microseconds("grace_us", default: 0), load: given.microseconds("load_us", default: 0),
        nowUs: nowUs)
    case "cache.renew":
      return try calls.renew(token: given.text("token"), lease: given.microseconds("ttl_us"), nowUs: nowUs)
    case "cache.release":
      return try calls.release(
        token: given.text("token"), backoff: given.microseconds("backoff_us", default: 0), nowUs: nowUs)
    case "cache.delete":
      return try calls.delete(holdoff: given.microseconds("holdoff_us", default: 0), nowUs: nowUs)
    default: throw unknown
    }
  }

  private func entry(_ given: Given) throws(RedisError) -> CacheEntry {
    var entry = CacheEntry()
    entry.payload = try given.bytes("payload")
    entry.isNegative = try given.flag("negative")
    guard let codec = UInt8(exactly: try given.integer("codec", default: 0)),
      let version = UInt64(try given.optionalText("version") ?? "0")
    else { throw RedisError(.argument, "codec or version out of range", execution: .notExecuted) }
    entry.codec = codec
    entry.version = version
    return entry
  }
}
