import RESP

extension Cache {
  /// Forgets every value that carries the tag, however many, by one command on one key.
  ///
  /// Also what is being loaded for one: it is returned, and worth nothing in the cache. Call it after the source has
  /// committed.
  ///
  /// - Returns: whether there can have been any. Works when the server's memory is full.
  @discardableResult
  public func deleteTag(_ tag: String) async throws(RedisError) -> Bool {
    let call = try CacheTagCalls(tag, namespace: core.namespace).delete()
    return try CacheTagCalls.deleted(try await core.redis.run(call)) > 0
  }

  /// The soft form: every value that carries the tag is stale from now on.
  ///
  /// It may be served for what is left of its time and its grace, while somebody loads or when loading fails.
  ///
  /// - Returns: whether there can have been any. Works when the server's memory is full.
  @discardableResult
  public func markTagStale(_ tag: String) async throws(RedisError) -> Bool {
    let call = try CacheTagCalls(tag, namespace: core.namespace).markStale(soft: randomID())
    return try CacheTagCalls.marked(try await core.redis.run(call)) > 0
  }
}
