import RESP

/// Bytes that a lock's holders write: whoever comes late, with a smaller fence than the last writer's, is refused.
///
/// This is the other half of a lock's fence: without a resource that checks it, a fence is decoration.
///
/// ```swift
/// let report = FencedValue("report", on: redis, ttl: .seconds(3600))
/// try await lock.withLock { lease in try await report.write(bytes, fence: lease.fence) }
/// ```
public struct FencedValue: Sendable {
  /// The life of what is written. The newest fence is kept for a day longer; a writer later than that finds nothing that
  /// could refuse it.
  public let ttl: Duration
  private let redis: any RedisExecutor
  private let calls: Result<FencedCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a value cannot fail.
  ///   - ttl: 1 ms to 366 days.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(_ name: String, on redis: any RedisExecutor, ttl: Duration, namespace: String? = nil) {
    self.ttl = ttl
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try FencedCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Writes, unless a larger fence has written; the same one may write again. One round trip.
  ///
  /// - Parameter fence: the lease's, 1 to 2^53 - 1.
  @discardableResult
  public func write(_ value: [UInt8], fence: Int64) async throws(RedisError) -> FencedWrite {
    try FencedCalls.written(try await redis.run(try calls.get().write(value, fence: fence, ttl: ttl)))
  }

  /// The value; nil where none was written or its life is over. One round trip.
  public func read() async throws(RedisError) -> [UInt8]? {
    try await redis.execute(try calls.get().read).bytes
  }
}

/// What came of a fenced write.
public enum FencedWrite: Sendable, Hashable {
  case written
  /// Refused: a holder with this larger fence has written.
  case stale(newest: Int64)
}
