import RESP

/// Cache-aside with leases: one loader per process and per fleet, and a delete always wins.
///
/// ```swift
/// let users = Cache(on: redis, codec: .string)
/// let name = try await users.getOrLoad("user:7") { try await database.name(of: 7) }
/// ```
///
/// After Nishtala et al., "Scaling Memcache at Facebook" (NSDI 2013): a miss grants one caller a lease to load; a delete
/// voids the lease, so that what was read before the delete cannot be stored after it.
public struct Cache<Value: Sendable>: Sendable {
  public let options: CacheOptions
  let redis: any RedisExecutor
  let codec: any CacheCodec<Value>
  let namespace: String?
  let flights = SingleFlight<Value>()

  /// - Parameters:
  ///   - options: checked at the first load, so that making a cache cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    on redis: any RedisExecutor, options: CacheOptions = CacheOptions(), codec: some CacheCodec<Value>,
    namespace: String? = nil
  ) {
    self.redis = redis
    self.options = options
    self.codec = codec
    self.namespace = namespace
  }

  /// Looks, and loads nothing: one round trip.
  ///
  /// - Throws: `RedisError`; `CacheError(.codec)`.
  public func get(_ key: String) async throws -> Cached<Value> {
    let calls = try CacheCalls(key, namespace: namespace)
    var replies: [RESPValue] = []
    for result in await redis.pipeline(calls.read) { replies.append(try result.get()) }
    guard replies.count == 2, let life = replies[0].int, let bytes = replies[1].bytes, let entry = CacheEntry(bytes),
      entry.isFresh(pttlMs: life)
    else { return .miss }
    return try read(entry)
  }

  /// Forgets the entry and voids every load that is under way. Call it after the source has committed.
  ///
  /// - Parameter holdoff: for this long, what is loaded is returned but not kept: for sources that are read from a
  ///   replica which lags. 0 to 366 days.
  /// - Returns: whether there was an entry. Works when the server's memory is full.
  @discardableResult
  public func delete(_ key: String, holdoff: Duration = .zero) async throws(RedisError) -> Bool {
    let call = try CacheCalls(key, namespace: namespace).delete(holdoff: holdoff)
    return try CacheCalls.deleted(try await redis.run(call)) > 0
  }

  /// The cached value, or what `load` returns, loaded once however many ask: in this process and in the fleet.
  ///
  /// Nil from the loader says that the source has no such thing, and is cached as an answer. An error of the loader is
  /// the caller's, unless a stale value is still in its grace; nobody in the fleet asks the source again before the
  /// back-off has passed. A caller that is cancelled leaves the load to the others who wait for it.
  ///
  /// - Throws: what `load` throws; `RedisError` when the store fails; `CacheError`; `CancellationError`.
  public func getOrLoad(
    _ key: String, load: @escaping @Sendable () async throws -> Value?
  ) async throws -> Value? {
    try options.check()
    switch try await get(key) {
    case .hit(let value): return value
    case .negative: return nil
    case .miss: break
    }
    let calls = try CacheCalls(key, namespace: namespace)
    return try await flights.join(key, patience: options.wait, load) { flight, load in
      await CacheLoad(cache: self, calls: calls, flight: flight, load: load).run()
    }
  }

  /// How many callers of this process wait for the key's load.
  package func waiting(for key: String) -> Int { flights.waiting(for: key) }

  func read(_ entry: CacheEntry) throws -> Cached<Value> {
    if entry.isNegative { return .negative }
    guard entry.codec == codec.number else {
      throw CacheError(.codec, "the entry was written with codec \(entry.codec), not \(codec.number)")
    }
    do {
      return .hit(try codec.decode(entry.payload))
    } catch {
      throw CacheError(.codec, "the entry cannot be decoded: \(error)")
    }
  }
}

/// What a cache holds under a key.
public enum Cached<Value: Sendable>: Sendable {
  case hit(Value)
  /// The source has no such thing: an answer, not a miss.
  case negative
  /// Nothing fresh.
  case miss

  /// The value of a hit.
  public var value: Value? { if case .hit(let value) = self { value } else { nil } }
}

extension Cached: Equatable where Value: Equatable {}
