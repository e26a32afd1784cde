import RESP

/// The newest items of a thing, the newest first: always bounded, and gone a while after the last addition.
///
/// ```swift
/// let seen = RecentItems("user:1:seen", on: redis, ttl: .seconds(86_400), most: 20, move: true)
/// try await seen.add("article:7")
/// ```
public struct RecentItems: Sendable {
  /// What the list is called; its key is `recent:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let ttl: Duration
  private let most: Int
  private let move: Bool
  private let calls: Result<RecentCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a list cannot fail.
  ///   - ttl: 1 ms to 366 days.
  ///   - most: items kept, 1 to 10,000.
  ///   - move: an item that is there already moves to the front instead of standing twice.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, ttl: Duration, most: Int = 100, move: Bool = false,
    namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.ttl = ttl
    self.most = most
    self.move = move
    do throws(RedisError) {
      calls = .success(try RecentCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Puts an item in front, and lets the last ones go. With `move` a repeat after a lost reply is safe.
  ///
  /// - Returns: how many items are kept now.
  @discardableResult
  public func add(_ item: [UInt8]) async throws(RedisError) -> Int {
    try RecentCalls.added(try await redis.run(try calls.get().add(item, most: Int64(most), move: move, ttl: ttl)))
  }

  /// The same with text, as UTF-8.
  @discardableResult
  public func add(_ text: String) async throws(RedisError) -> Int { try await add(Array(text.utf8)) }

  /// The newest `count` items, or all, the newest first. `LRANGE` is atomic: it needs no script.
  public func items(_ count: Int? = nil) async throws(RedisError) -> [[UInt8]] {
    let count = try NumberRule.count(Int64(count ?? most), "count", to: RecentCalls.most)
    return try await redis.execute(RESPCommand("LRANGE", try calls.get().key, 0, count - 1)).members("LRANGE")
  }
}

/// The calls of one list of recent items as values, and what their replies mean.
package struct RecentCalls: Sendable {
  let key: String
  static let most: Int64 = 10_000

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "recent", id: name).name
  }

  package func add(
    _ item: [UInt8], most: Int64 = 100, move: Bool = false, ttl: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .recentAdd, keys: [key],
      arguments: [
        try NumberRule.payload(item, "item"), try NumberRule.count(most, "most", to: Self.most),
        move ? "move" : "keep", try NumberRule.ttl(ttl), nowUs,
      ])
  }

  package static func added(_ reply: RESPValue) throws(RedisError) -> Int {
    var reader = try ReplyReader(reply, of: "recent_add")
    guard reader.status == "added" else { throw reader.unknownStatus() }
    let items = try reader.integer("items")
    try reader.end()
    return Int(items)
  }
}
