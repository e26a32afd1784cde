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
    try await acquire(wait: wait).keep(during: work)
  }

  /// Asks once. The lease is the caller's to renew and to release; `withLock` does both.
  public func tryAcquire() async throws(RedisError) -> LockAttempt {
    let owner = randomID()
    do throws(RedisError) {
      switch try await ask(owner, patience: .zero) {
      case .acquired(let lease) where lease.isLost:
        await leave(owner)
        return .held(retryAfter: .zero)
      case .acquired(let lease): return .acquired(lease)
      case .notYet(let retryAfter): return .held(retryAfter: retryAfter)
      }
    } catch {
      await abandon(owner, after: error)
      throw error
    }
  }

  enum Answer {
    case acquired(LockLease)
    case notYet(retryAfter: Duration)
  }

  func ask(_ owner: String, patience: Duration) async throws(RedisError) -> Answer {
    let call = try calls.get().acquire(owner: owner, ttl: ttl, patience: patience)
    let sent = ContinuousClock.now
    switch try LockCalls.acquired(try await redis.run(call)) {
    case .acquired(let fence): return .acquired(LockLease(self, owner: owner, fence: fence, sent: sent))
    case .waiting(_, let retryAfter), .held(let retryAfter): return .notYet(retryAfter: retryAfter)
    }
  }

  func release(owner: String) async throws(RedisError) -> LockCalls.Released {
    try LockCalls.released(try await redis.run(try calls.get().release(owner: owner)))
  }

  /// Gives back whatever the owner has, lease or place in the queue, although the caller was cancelled.
  func leave(_ owner: String) async {
    await shielded { _ = try? await release(owner: owner) }
  }

  /// After a failure that leaves open whether the call ran: what it may have taken is given back.
  func abandon(_ owner: String, after error: RedisError) async {
    if error.code == .cancelled {
      await leave(owner)
    } else if error.execution != .notExecuted {
      // Not waited for: the store is in trouble, and the lease or the place in the queue also ends by itself.
      Task { _ = try? await release(owner: owner) }
    }
  }
}
