import RESP

/// A log of messages that groups of consumers work through; `StreamConsumer` is one of such a group.
///
/// ```swift
/// let orders = MessageStream("orders", on: redis)
/// try await orders.add(["type": "created", "order": "123"], request: "order-123-created")
/// ```
public struct MessageStream: Sendable {
  /// As it stands in the key, before it is written in its form.
  public let name: String
  private let redis: any RedisExecutor
  private let maxLength: Int64
  private let keep: Duration
  private let replay: Duration
  private let calls: Result<StreamCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a stream cannot fail.
  ///   - maxLength: about how many messages stay; nil: all. What is oldest is cut off with each append, whether it was
  ///     handled or not, so it is to be far beyond any backlog.
  ///   - keep: how long messages stay, at least a millisecond; nil: for ever. Cut off with each append too.
  ///   - replay: how long a repeat of a request id is recognised; 1 ms to 366 days.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, maxLength: Int? = 1_000_000, keep: Duration? = nil,
    replay: Duration = .seconds(86_400), namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.maxLength = Int64(maxLength ?? 0)
    self.keep = keep ?? .zero
    self.replay = replay
    do throws(RedisError) {
      calls = .success(try StreamCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Appends a message of text fields.
  ///
  /// With a `request` id it is safe to repeat: a repeat, in either language, gives the id of the first. Without one, a
  /// repeat after a lost answer may append twice.
  ///
  /// - Throws: `RedisError`; `outOfMemory` when the server refuses to grow.
  @discardableResult
  public func add(_ fields: [String: String], request: String? = nil) async throws(RedisError) -> StreamAdded {
    try await add(fields.mapValues { Array($0.utf8) }, request: request)
  }

  /// Appends a message whose fields hold any bytes.
  ///
  /// - Throws: `RedisError`; `outOfMemory` when the server refuses to grow.
  @discardableResult
  public func add(_ fields: [String: [UInt8]], request: String? = nil) async throws(RedisError) -> StreamAdded {
    let call = try calls.get().add(fields, length: maxLength, keep: keep, request: request, replay: replay)
    return try StreamCalls.added(try await redis.run(call))
  }

  /// How far a group is behind, counted up to `most` messages (1 to 100,000); nil where there is no such group.
  ///
  /// - Throws: `RedisError`.
  public func lag(of group: String, most: Int = 1000) async throws(RedisError) -> StreamLag? {
    try StreamCalls.lag(try await redis.run(try calls.get().lag(group: group, most: Int64(most))))
  }

  /// What was given up, oldest first.
  ///
  /// - Parameters:
  ///   - after: the id of the last letter of the page before.
  ///   - count: 1 to 1000.
  /// - Throws: `RedisError`.
  public func deadLetters(after: String? = nil, count: Int = 100) async throws(RedisError) -> [DeadLetter] {
    try StreamCalls.letters(try await redis.execute(try calls.get().letters(after: after, count: count)))
  }

  /// Puts a dead letter back as a new message, for every group, and returns its new id.
  ///
  /// - Parameter letter: the letter's own id.
  /// - Returns: nil where there is no such letter, or one without content because its message was cut off.
  /// - Throws: `RedisError`.
  public func revive(_ letter: String) async throws(RedisError) -> String? {
    switch try StreamCalls.revived(try await redis.run(try calls.get().revive(deadID: letter))) {
    case .revived(let id): id
    case .empty, .missing: nil
    }
  }
}
