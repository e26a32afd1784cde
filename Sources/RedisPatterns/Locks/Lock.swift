import RESP

/// One worker at a time on a thing, across processes and languages: a lease with a fencing token and a fair queue.
///
/// ```swift
/// let lock = Lock("order:123", on: redis, ttl: .seconds(30))
/// try await lock.withLock { lease in
///   try await ledger.post(entry, fence: lease.fence)
/// }
/// ```
public struct Lock: Sendable {
  /// What is locked: the id in the keys `lock:{<name>}…`.
  public let name: String
  /// How long a lease lives without renewal: how long others wait for a holder that died.
  public let ttl: Duration
  /// How long a waiter that died is waited for; a live one asks again every third of it.
  public let patience: Duration
  let redis: any RedisExecutor
  let calls: Result<LockCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a lock cannot fail.
  ///   - ttl: 1 ms to 366 days.
  ///   - patience: 1 ms to 60 s.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, ttl: Duration = .seconds(30), patience: Duration = .seconds(3),
    namespace: String? = nil
  ) {
    self.name = name
    self.ttl = ttl
    self.patience = patience
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try LockCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Waits for the lock, works, gives it back. The lease is renewed while the work runs.
  ///
  /// When the lease is lost, the work is cancelled before the server would grant the lock to another, is waited for, and
  /// `LockError(.lost)` is thrown, whatever it returned. Leaving the scope in any way gives the lock back; a failure of
  /// the store in that moment is not thrown, because the work was done alone and the lease ends by itself.
  ///
  /// - Parameter wait: how long to stand in the queue.
  /// - Throws: `LockError` (`timedOut`, `lost`), `RedisError` when the store fails before the work begins, what the work
  ///   throws, `CancellationError`.
  public func withLock<Value: Sendable>(
    wait: Duration = .seconds(30), _ work: @escaping @Sendable (LockLease) async throws -> Value
  ) async throws -> Value {
    let lease = try await acquire(wait: wait)
    return try await lease.core.keep { try await work(lease) }
  }

  /// Asks once. The lease is the caller's to renew and to release; `withLock` does both.
  ///
  /// - Throws: `RedisError`. What may have been taken is given back.
  public func tryAcquire() async throws(RedisError) -> LockAttempt {
    let (lease, retryAfter) = try await line().askOnce()
    return lease.map(LockAttempt.acquired) ?? .held(retryAfter: retryAfter)
  }

  /// Waits in the queue until the lock is ours: first come, first served.
  ///
  /// The lease is the caller's to renew and to release; `withLock` does both. A message wakes the waiter at once where the
  /// client has subscriptions; a lost message costs a third of the patience, never more.
  ///
  /// - Throws: `LockError(.timedOut)`, `RedisError`, `CancellationError`. In each case the queue was left.
  public func acquire(wait: Duration = .seconds(30)) async throws -> LockLease {
    try await line().stand(wait: wait)
  }

  private func line() throws(RedisError) -> WaitingLine<LockLease> {
    let calls = try calls.get()
    let (redis, ttl) = (redis, ttl)
    return WaitingLine(
      name: name, redis: redis, patience: patience, channel: calls.channel,
      acquire: { (owner, patience) throws(RedisError) in try calls.acquire(owner: owner, ttl: ttl, patience: patience)
      },
      release: { (owner) throws(RedisError) in try calls.release(owner: owner) },
      granted: { owner, fence, sent in
        let lease = LockLease(
          fence: fence,
          core: LeaseCore(
            ttl: ttl, sent: sent,
            renewal: { () async throws(RedisError) in
              try LockCalls.renewed(try await redis.run(try calls.renew(owner: owner, ttl: ttl))).forHolder
            },
            giveBack: { () async throws(RedisError) in
              try LockCalls.released(try await redis.run(try calls.release(owner: owner))).forHolder
            }))
        return lease.isLost ? nil : lease
      })
  }
}
