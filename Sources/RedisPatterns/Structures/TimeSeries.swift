import RESP

/// Whole numbers in order of time, by the server's clock.
///
/// ```swift
/// let load = TimeSeries("load", on: redis, keep: .seconds(3600))
/// try await load.add(42)
/// let perMinute = try await load.steps(span: .seconds(600), step: .seconds(60))
/// ```
///
/// No point replaces another, also within one microsecond.
public struct TimeSeries: Sendable {
  /// What the series is called; its key is `series:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let keep: Duration
  private let most: Int
  private let calls: Result<SeriesCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a series cannot fail.
  ///   - keep: 1 ms to 366 days; older points leave.
  ///   - most: points kept, 1 to 10,000; the oldest leave.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, keep: Duration, most: Int = 10_000, namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.keep = keep
    self.most = most
    do throws(RedisError) {
      calls = .success(try SeriesCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Puts a value at the end; up to 2^38 either way. Repeating after a lost reply may add it twice.
  ///
  /// - Returns: the point's time in microseconds since 1970.
  @discardableResult
  public func add(_ value: Int) async throws(RedisError) -> Int64 {
    let call = try calls.get().add(Int64(value), keep: keep, most: Int64(most))
    return try SeriesCalls.added(try await redis.run(call)).atUs
  }

  /// The newest points of the last `span`, at most `count` (1 to 1000), the oldest first.
  public func points(span: Duration, count: Int = 100) async throws(RedisError) -> [SeriesPoint] {
    let call = try calls.get().read(span: span, count: Int64(count))
    if case .points(let points) = try SeriesCalls.read(try await redis.run(call)) { return points }
    return []
  }

  /// Number, sum, least and most of the points of each `step` of the last `span`, the newest `count` steps (1 to 1000),
  /// the oldest first. A step begins at a multiple of itself since 1970; one without a point is left out.
  public func steps(span: Duration, step: Duration, count: Int = 100) async throws(RedisError) -> [SeriesStep] {
    guard step >= .microseconds(1) else { throw .argument("step is \(step), less than a microsecond") }
    let call = try calls.get().read(span: span, step: step, count: Int64(count))
    if case .steps(let steps) = try SeriesCalls.read(try await redis.run(call)) { return steps }
    return []
  }
}

/// A value and its time.
public struct SeriesPoint: Sendable, Hashable {
  /// Microseconds since 1970, by the server's clock.
  public let atUs: Int64
  /// As it was added.
  public let value: Int
}

/// What the points of one step of time come to.
public struct SeriesStep: Sendable, Hashable {
  /// Microseconds since 1970.
  public let beginsUs: Int64
  /// How many there are, at least one.
  public let points: Int
  /// Exact.
  public let sum: Int
  /// The smallest value.
  public let least: Int
  /// The largest value.
  public let most: Int

  /// The mean of its points.
  public var mean: Double { Double(sum) / Double(points) }
}
