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
  let core: CacheCore

  /// - Parameters:
  ///   - options: checked at the first load, so that making a cache cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    on redis: any RedisExecutor, options: CacheOptions = CacheOptions(), codec: some CacheCodec<Value>,
    namespace: String? = nil
  ) {
    core = CacheCore(redis, options, CacheCoding(codec), namespace)
  }

  /// How long things last.
  public var options: CacheOptions { core.options }

  /// What is cached and fresh; loads nothing: one round trip.
  ///
  /// - Parameter tags: those that the value is thought to carry; one that is not named costs another round trip.
  /// - Throws: `RedisError`; `CacheError(.codec)`.
  public func get(_ key: String, tags: [String] = []) async throws -> Cached<Value> {
    let look = try await CacheLook.at([core.calls(key)], tags, by: core.tags)[0]
    guard look.isGood, let entry = look.entry else { return .miss }
    return try read(entry)
  }

  /// What is cached and fresh under each key; loads nothing: one round trip for all.
  ///
  /// - Parameter tags: as for `get`.
  /// - Throws: `RedisError`; `CacheError(.codec)` when one of them cannot be decoded.
  public func getMany(
    _ keys: some Sequence<String> & Sendable, tags: [String] = []
  ) async throws -> [String: Cached<Value>] {
    let keys = Array(Set(keys))
    let looks = try await CacheLook.at(keys.map(core.calls), tags, by: core.tags)
    var found: [String: Cached<Value>] = [:]
    for (key, look) in zip(keys, looks) { found[key] = look.isGood ? try look.entry.map(read) ?? .miss : .miss }
    return found
  }

  /// The cached value, or what `load` returns, loaded once however many ask: in this process and in the fleet.
  ///
  /// Nil from the loader says that the source has no such thing, and is cached as an answer. An error of the loader is
  /// the caller's, unless a stale value is still in its grace; nobody in the fleet asks the source again before the
  /// back-off has passed. A caller that is cancelled leaves the load to the others who wait for it. What is loaded for all
  /// has the task-local values and the priority of the caller whose `load` it is.
  ///
  /// - Parameter tags: 16 at most, to invalidate the value together with others, by `deleteTag` and `markTagStale`.
  /// - Throws: what `load` throws; `RedisError` when the store fails; `CacheError`; `CancellationError`.
  public func getOrLoad(
    _ key: String, tags: [String] = [], load: @escaping @Sendable () async throws -> Value?
  ) async throws -> Value? {
    Self.typed(try await core.getOrLoad(key, tags) { Found(try await load()) })
  }

  /// As `getOrLoad`, for a source whose rows have versions: an older one is returned, but never cached.
  ///
  /// - Throws: as `getOrLoad`.
  public func getOrLoadVersioned(
    _ key: String, tags: [String] = [], load: @escaping @Sendable () async throws -> Versioned<Value>
  ) async throws -> Value? {
    Self.typed(try await core.getOrLoad(key, tags) { Found(try await load()) })
  }

  /// Waits for the refreshes under way, at the end of a program.
  ///
  /// - Returns: false when some had not ended in time; they were cancelled, and their leases given back.
  @discardableResult
  public func drain(within limit: Duration = .seconds(10)) async -> Bool { await core.refreshes.drain(within: limit) }

  /// How many callers of this process wait for the key's load.
  package func waiting(for key: String) -> Int { core.flights.waiting(for: key) }

  private func read(_ entry: CacheEntry) throws -> Cached<Value> {
    Self.typed(try core.value(of: entry)).map { .hit($0) } ?? .negative
  }

  /// The core holds what this cache's loaders and its codec made: a `Value`.
  private static func typed(_ value: (any Sendable)?) -> Value? { value.map { $0 as! Value } }
}

/// What a cache holds under a key.
public enum Cached<Value: Sendable>: Sendable {
  /// A fresh value.
  case hit(Value)
  /// The source has no such thing: an answer, not a miss.
  case negative
  /// Nothing fresh.
  case miss

  /// The value of a hit.
  public var value: Value? { if case .hit(let value) = self { value } else { nil } }
}

extension Cached: Equatable where Value: Equatable {}
