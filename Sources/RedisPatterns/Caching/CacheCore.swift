import RESP

/// A cache without the type of its values.
///
/// Apart from `Cache` because generic code asks the runtime for its types at every step: beside a Redis on the same
/// machine that was a tenth of a miss.
final class CacheCore: Sendable {
  let options: CacheOptions
  let redis: any RedisExecutor
  let coding: CacheCoding
  let namespace: String?
  let flights = SingleFlight()
  let refreshes: Refreshes
  let renewals: Renewals
  private let refusal: RedisError?

  init(_ redis: any RedisExecutor, _ options: CacheOptions, _ coding: CacheCoding, _ namespace: String?) {
    self.redis = redis
    self.options = options
    self.coding = coding
    self.namespace = namespace
    refreshes = Refreshes(most: options.refreshes)
    renewals = Renewals(every: options.lease / 3)
    do throws(RedisError) {
      try options.check()
      refusal = nil
    } catch {
      refusal = error
    }
  }

  var tags: CacheTags { CacheTags(redis: redis, namespace: namespace) }

  /// Before anything is sent; it was found once.
  func checkOptions() throws(RedisError) { if let refusal { throw refusal } }

  func calls(_ key: String) throws(RedisError) -> CacheCalls { try CacheCalls(key, namespace: namespace) }

  func getOrLoad(
    _ key: String, _ tagNames: [String], _ load: @escaping CacheLoad.Load
  ) async throws -> (any Sendable)? {
    try checkOptions()
    let calls = try calls(key)
    try tags.check(tagNames)
    let look = try await CacheLook.at([calls], tagNames, by: tags)[0]
    var (early, deadUs) = (Duration.zero, UInt64(0))
    if let entry = look.entry, look.isGood {
      early = options.drawnEarly(load: .milliseconds(Int64(entry.loadMs)))
      if .milliseconds(look.freshMs) > early { return try value(of: entry) }
    } else if let entry = look.entry {
      deadUs = entry.freshUntilUs
    }
    return try await flights.join(key, patience: options.wait) { [early, deadUs] flight in
      await CacheLoad(
        core: self, calls: calls, flight: flight, early: early, deadUs: deadUs, tagNames: tagNames, load: load
      ).run()
    }
  }

  /// Nil: the source has no such thing.
  func value(of entry: CacheEntry) throws(CacheError) -> (any Sendable)? {
    entry.isNegative ? nil : try coding.decode(entry)
  }

  /// What is stored of a value, its life and its grace.
  func stored(
    _ found: Found, tags: [CacheTag]
  ) throws(CacheError) -> (entry: CacheEntry, ttl: Duration, grace: Duration) {
    var entry = CacheEntry()
    entry.tags = tags
    entry.version = found.version
    guard let value = found.value else {
      entry.isNegative = true
      return (entry, options.negativeTTL, .zero)
    }
    entry.codec = coding.number
    entry.payload = try coding.encode(value)
    return (entry, options.drawnTTL(), options.grace)
  }
}
