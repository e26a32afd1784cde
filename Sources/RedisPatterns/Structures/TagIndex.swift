import RESP

/// Which tags an item has, and which items a tag has, written in one step.
///
/// ```swift
/// let posts = TagIndex("posts", on: redis, ttl: .seconds(86_400))
/// try await posts.add("post:1", ["redis", "swift"])
/// let both = try await posts.allOf(["redis", "swift"])
/// ```
///
/// A tag that no item was given for the time to live ends, and so do the tags of an item that was given and left none.
/// To keep an item under all its tags, give it all of them anew.
public struct TagIndex: Sendable {
  /// What the index is called.
  public let name: String
  private let redis: any RedisExecutor
  private let ttl: Duration
  private let most: Int
  private let calls: Result<TagCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making an index cannot fail.
  ///   - ttl: 1 ms to 366 days.
  ///   - most: items that one tag may have, 1 to 10,000.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, ttl: Duration, most: Int = 10_000, namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.ttl = ttl
    self.most = most
    do throws(RedisError) {
      calls = .success(try TagCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Gives an item up to 100 tags, all or none. Repeating is safe.
  @discardableResult
  public func add(_ item: String, _ tags: [String]) async throws(RedisError) -> Tagging {
    let call = try calls.get().add(item, tags: tags, most: Int64(most), ttl: ttl)
    return try TagCalls.added(try await redis.run(call))
  }

  /// Takes tags from an item. Works when the server's memory is full.
  ///
  /// - Returns: how many tags were taken.
  @discardableResult
  public func remove(_ item: String, _ tags: [String]) async throws(RedisError) -> Int {
    let call = try calls.get().remove(item, tags: tags, ttl: ttl)
    return try TagCalls.removed(try await redis.run(call)).removed
  }

  /// The tags of an item.
  public func tags(of item: String) async throws(RedisError) -> Set<String> {
    try await members("SMEMBERS", [try calls.get().ofItem(item)])
  }

  /// Whether an item has a tag.
  public func has(_ item: String, _ tag: String) async throws(RedisError) -> Bool {
    let key = try calls.get().ofItem(item)
    return try await redis.execute(RESPCommand("SISMEMBER", key, try NumberRule.identity(tag, "tag"))).int == 1
  }

  /// The items that have every one of up to 100 tags.
  public func allOf(_ tags: [String]) async throws(RedisError) -> Set<String> {
    try await members("SINTER", try calls.get().ofTags(tags))
  }

  /// The items that have at least one of up to 100 tags.
  public func anyOf(_ tags: [String]) async throws(RedisError) -> Set<String> {
    try await members("SUNION", try calls.get().ofTags(tags))
  }

  private func members(_ verb: String, _ keys: [String]) async throws(RedisError) -> Set<String> {
    let found = try await redis.execute(RESPCommand(name: verb, RESPArguments(keys))).members(verb)
    return Set(found.map { String(decoding: $0, as: UTF8.self) })
  }
}

/// What came of giving an item tags.
public enum Tagging: Sendable, Hashable {
  /// So many tags the item has now.
  case tagged(tags: Int)
  /// This tag has as many items as it may: no tag was given.
  case full(tag: String)
}

extension RESPValue {
  /// The elements of a list of bytes; another reply is an error.
  func members(_ verb: String) throws(RedisError) -> [[UInt8]] {
    guard let values = array else {
      throw RedisError(.reply, "\(verb) answered no list", execution: .unknown, command: verb)
    }
    return values.compactMap(\.bytes)
  }
}
