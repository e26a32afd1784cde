import RESP

/// A number that many add to, with an end and with bounds.
///
/// ```swift
/// let visits = SharedCounter("visits", on: redis, ttl: .seconds(3600))
/// try await visits.add()
/// ```
///
/// Value and end are written in one step, so no crash leaves a counter that never ends.
public struct SharedCounter: Sendable {
  /// What the counter is called; its key is `counter:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let ttl: Duration
  private let life: CounterLife
  private let bounds: ClosedRange<Int>
  private let replay: Duration
  private let calls: Result<CounterCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a counter cannot fail.
  ///   - ttl: 1 ms to 366 days; then the counter is 0 again.
  ///   - life: from which addition on `ttl` counts.
  ///   - bounds: within -2^52 to 2^52; a sum outside is refused.
  ///   - replay: how long the outcome of a request id is remembered; 1 ms to 366 days.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, ttl: Duration, life: CounterLife = .first,
    bounds: ClosedRange<Int> = -(1 << 52)...(1 << 52), replay: Duration = .seconds(60), namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.ttl = ttl
    self.life = life
    self.bounds = bounds
    self.replay = replay
    do throws(RedisError) {
      calls = .success(try CounterCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Adds, also a negative number.
  ///
  /// - Parameter request: names this addition, so that a repeat (after a lost reply, say) adds nothing and answers what
  ///   the first call answered.
  /// - Throws: `RedisError`; with `execution` `unknown` it may have been added, and only a request id makes a repeat safe.
  @discardableResult
  public func add(_ delta: Int = 1, request: String? = nil) async throws(RedisError) -> CounterSum {
    let call = try calls.get().add(
      Int64(delta), least: Int64(bounds.lowerBound), most: Int64(bounds.upperBound), life: life, ttl: ttl,
      request: request, replay: replay)
    return try CounterCalls.sum(try await redis.run(call))
  }

  /// The number now; 0 when nothing was counted, or it has ended.
  public func value() async throws(RedisError) -> Int {
    try await add(0).value
  }

  /// Ends the counter and returns what it had counted. Works when the server's memory is full.
  @discardableResult
  public func clear() async throws(RedisError) -> Int {
    try CounterCalls.cleared(try await redis.run(try calls.get().clear()))
  }
}

/// From which addition on a counter's time to live counts.
public enum CounterLife: String, Sendable, CaseIterable {
  /// It ends at a fixed time, whatever is added later.
  case first
  /// It ends when nobody has added for as long.
  case last
}

/// What came of an addition.
public enum CounterSum: Sendable, Hashable {
  /// The value now, and in how long it ends; zero for a counter that does not exist.
  case counted(value: Int, endsIn: Duration)
  /// The sum would leave the bounds: nothing was added, and `value` stands.
  case refused(value: Int, endsIn: Duration)

  /// The number that stands now.
  public var value: Int {
    switch self {
    case .counted(let value, _), .refused(let value, _): value
    }
  }
}
