import RESP

/// At most so many permits at work at a time, across processes and languages, first come first served by weight.
///
/// ```swift
/// let connections = Semaphore("reports-db", on: redis, limit: 10)
/// try await connections.withPermits(3) { _ in try await heavyReport() }
/// ```
///
/// Who asks for many is not passed by those who ask for few. Permits are leased: those of a holder that died return when
/// their lease ends.
public struct Semaphore: Sendable {
  /// What is counted: the id in the keys.
  public let name: String
  /// How many permits there are. Each caller's own: give all of them the same.
  public let limit: Int
  /// How long permits are held without renewal: how long others wait for a holder that died.
  public let ttl: Duration
  /// How long a waiter that died is waited for; a live one asks again every third of it.
  public let patience: Duration
  private let redis: any RedisExecutor
  private let calls: Result<SemaphoreCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a semaphore cannot fail.
  ///   - limit: 1 to 2^52.
  ///   - ttl: 1 ms to 366 days.
  ///   - patience: 1 ms to 60 s.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, limit: Int, ttl: Duration = .seconds(30),
    patience: Duration = .seconds(3), namespace: String? = nil
  ) {
    self.name = name
    self.limit = limit
    self.ttl = ttl
    self.patience = patience
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try SemaphoreCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Waits for the permits, works, gives them back. They are renewed while the work runs.
  ///
  /// When they are lost, the work is cancelled before the server would grant them to others, is waited for, and
  /// `LockError(.lost)` is thrown, as by `Lock.withLock`.
  ///
  /// - Parameters:
  ///   - count: how many, 1 to `limit`.
  ///   - wait: how long to stand in the queue.
  /// - Throws: `LockError` (`timedOut`, `lost`), `RedisError` when the store fails before the work begins or the count is
  ///   out of range, what the work throws, `CancellationError`.
  public func withPermits<Value: Sendable>(
    _ count: Int = 1, wait: Duration = .seconds(30), _ work: @escaping @Sendable (PermitLease) async throws -> Value
  ) async throws -> Value {
    let lease = try await acquire(count, wait: wait)
    return try await lease.core.keep { try await work(lease) }
  }

  /// Asks once. The lease is the caller's to renew and to release; `withPermits` does both.
  ///
  /// - Throws: `RedisError`. What may have been taken is given back.
  public func tryAcquire(_ count: Int = 1) async throws(RedisError) -> PermitAttempt {
    let (lease, retryAfter) = try await line(count).askOnce()
    return lease.map(PermitAttempt.acquired) ?? .held(retryAfter: retryAfter)
  }

  /// Waits in the queue until the permits are ours; nobody who came later is served before.
  ///
  /// The lease is the caller's to renew and to release; `withPermits` does both.
  ///
  /// - Throws: `LockError(.timedOut)`, `RedisError`, `CancellationError`. In each case the queue was left.
  public func acquire(_ count: Int = 1, wait: Duration = .seconds(30)) async throws -> PermitLease {
    try await line(count).stand(wait: wait)
  }

  private func line(_ count: Int) throws(RedisError) -> WaitingLine<PermitLease> {
    let calls = try calls.get()
    let (redis, limit, ttl) = (redis, limit, ttl)
    return WaitingLine(
      name: name, redis: redis, patience: patience, channel: calls.channel,
      acquire: { (owner, patience) throws(RedisError) in
        try calls.acquire(owner: owner, weight: Int64(count), limit: Int64(limit), ttl: ttl, patience: patience)
      },
      release: { (owner) throws(RedisError) in try calls.release(owner: owner) },
      granted: { owner, fence, sent in
        let lease = PermitLease(
          permits: count, fence: fence,
          core: LeaseCore(
            ttl: ttl, sent: sent,
            renewal: { () async throws(RedisError) in
              let call = try calls.renew(owner: owner, ttl: ttl)
              return try LockCalls.renewed(try await redis.run(call), of: call.script.name).forHolder
            },
            giveBack: { () async throws(RedisError) in
              let call = try calls.release(owner: owner)
              return try LockCalls.released(try await redis.run(call), of: call.script.name).forHolder
            }))
        return lease.isLost ? nil : lease
      })
  }
}
