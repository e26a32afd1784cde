import RESP

/// Limits how much each id may do, exactly and for the whole fleet: one script call a decision.
///
/// ```swift
/// let limiter = RateLimiter(on: redis, limit: .tokenBucket(100, per: .seconds(1), burst: 200))
/// let decision = try await limiter.take("user:1")
/// ```
///
/// `limit` names the algorithm: token bucket, fixed, aligned or sliding window, sliding log. Each calculates in whole
/// numbers: no float, no drift, no clock but the server's. A store error is thrown, never shown as a denial: whether to let the
/// request pass then is the caller's decision.
public struct RateLimiter: Sendable {
  /// What is allowed, per id.
  public let limit: RateLimit
  private let redis: any RedisExecutor
  private let replay: Duration
  private let calls: Result<LimitCalls, RedisError>

  /// - Parameters:
  ///   - limit: checked when it is first used, so that making a limiter cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  ///   - replay: how long the outcome of a request id is remembered; 1 ms to 366 days.
  public init(
    on redis: any RedisExecutor, limit: RateLimit, namespace: String? = nil,
    replay: Duration = .seconds(60)
  ) {
    self.redis = redis
    self.limit = limit
    self.replay = replay
    do throws(RedisError) {
      calls = .success(try LimitCalls(limit: limit, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Charges `cost` to every tier, or to none.
  ///
  /// - Parameters:
  ///   - cost: 1 to 2^52 units.
  ///   - request: names this request, so that a repeat (after a lost reply, say) is not charged again but gets the
  ///     first outcome, and so that `refund` can give the cost back.
  /// - Throws: `RedisError`: `argument` before anything is sent, or when this request was about another number of tiers
  ///   before, and nothing is written; otherwise the store's failure.
  public func take(_ id: String, cost: Int = 1, request: String? = nil) async throws(RedisError) -> Decision {
    let calls = try calls.get()
    let call = try calls.take(id, cost: Int64(cost), request: request, replay: replay)
    return try calls.decision(try await redis.run(call))
  }

  /// Tells what `take` would say, and changes nothing. A cost of zero asks only how much is left.
  public func peek(_ id: String, cost: Int = 1) async throws(RedisError) -> Decision {
    let calls = try calls.get()
    return try calls.decision(try await redis.run(try calls.peek(id, cost: Int64(cost))))
  }

  /// Gives back what `take` charged to this request, once. Works when the server's memory is full.
  @discardableResult
  public func refund(_ id: String, request: String) async throws(RedisError) -> Refund {
    let calls = try calls.get()
    return try calls.refund(try await redis.run(try calls.refund(id, request: request)))
  }
}
