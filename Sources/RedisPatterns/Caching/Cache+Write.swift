import RESP

extension Cache {
  /// Caches what was written to the source. Call it after the source has committed. Voids every load under way.
  ///
  /// Without versions the put that arrives last wins, which is not always the newest. When the server's memory is full
  /// the entry goes instead, and the error is thrown.
  ///
  /// - Parameters:
  ///   - value: nil: the source has no such thing any more.
  ///   - version: the source's, of this row; 0 where it has none.
  ///   - tags: as they are now; what was invalidated since the commit is not seen: `writeThrough` sees it. One more round
  ///     trip if there are any.
  /// - Returns: false when a newer version is cached, which stays.
  /// - Throws: `RedisError`; `CacheError(.codec)` when the codec cannot encode the value.
  @discardableResult
  public func put(
    _ key: String, _ value: Value?, version: UInt64 = 0, tags names: [String] = []
  ) async throws -> Bool {
    try core.checkOptions()
    if !names.isEmpty {
      // Both are checked before a tag is opened.
      _ = try core.calls(key)
      _ = try core.stored(Found(Versioned(value, version: version)), tags: [])
    }
    return try await put(
      key, Versioned(value, version: version), tags: try await core.tags.open(names, life: options.tagLife))
  }

  private func put(_ key: String, _ written: Versioned<Value>, tags: [CacheTag]) async throws -> Bool {
    let calls = try core.calls(key)
    let stored = try core.stored(Found(written), tags: tags)
    let call = try calls.put(value: stored.entry, ttl: stored.ttl, grace: stored.grace)
    do throws(RedisError) {
      return try CacheCalls.stored(try await core.redis.run(call)) == .stored
    } catch {
      if error.code == .outOfMemory { _ = try await core.redis.run(try calls.delete()) }
      throw error
    }
  }

  /// Runs `write`, which commits to the source and returns what stands there now, and caches that: two round trips, three with tags.
  ///
  /// The entry goes before, and what is loaded meanwhile is not cached for as long as the lease: whoever dies, and
  /// wherever, nothing old stays.
  ///
  /// - Throws: what `write` throws, and the entry is gone; `RedisError` when the store fails, also after the commit,
  ///   when the source has the new value.
  @discardableResult
  public func writeThrough(
    _ key: String, tags names: [String] = [], write: @Sendable () async throws -> Versioned<Value>
  ) async throws -> Value? {
    try core.checkOptions()
    try core.tags.check(names)
    try await delete(key, holdoff: options.lease)
    let opened = try await core.tags.open(names, life: options.tagLife)
    let written = try await write()
    _ = try await put(key, written, tags: opened)
    return written.value
  }

  /// Forgets the entry and voids every load that is under way. Call it after the source has committed.
  ///
  /// - Parameters:
  ///   - holdoff: for this long, what is loaded is returned but not kept: for sources that are read from a replica which
  ///     lags. 0 to 366 days.
  ///   - version: from 1 on; an entry that is newer stays, and what is older cannot be cached for `keep`.
  /// - Returns: whether an entry went. Works when the server's memory is full.
  @discardableResult
  public func delete(
    _ key: String, holdoff: Duration = .zero, version: UInt64? = nil, keep: Duration = .seconds(60)
  ) async throws(RedisError) -> Bool {
    let call = try core.calls(key).delete(holdoff: holdoff, version: version, keep: keep)
    return try CacheCalls.deleted(try await core.redis.run(call)) == .deleted(1)
  }

  /// The soft delete: the value is stale from now on, and every load that is under way is void.
  ///
  /// It is served for its grace at most, which begins now, while somebody loads or when loading fails.
  ///
  /// - Parameter holdoff: as for `delete`.
  /// - Returns: whether it was fresh. Works when the server's memory is full.
  @discardableResult
  public func markStale(_ key: String, holdoff: Duration = .zero) async throws(RedisError) -> Bool {
    let call = try core.calls(key).markStale(holdoff: holdoff)
    return try CacheCalls.marked(try await core.redis.run(call)) > 0
  }
}
