import RESP

/// The right to work alone, until its deadline.
///
/// A lease, not a lock: a process that is paused for longer than the lease still believes in it when it wakes. So hand
/// `fence` to the resource, which refuses a smaller one than it has seen.
public struct LockLease: Sendable {
  /// Grows with every grant, also across a lost counter: `max(stored + 1, server's clock in µs)`, a hybrid logical clock
  /// (Kulkarni, Demirbas, 2014). Give it to the resource, so that a late writer can be refused.
  public let fence: Int64
  let core: LeaseCore

  /// When the holder must have stopped; moved by each renewal. The clock counts while the machine sleeps.
  public var deadline: ContinuousClock.Instant { core.deadline }

  /// Whether the lease has ended, by its deadline or because the server said so. Once true, always true.
  public var isLost: Bool { core.isLost }

  /// Starts the time to live anew. `withLock` does it by itself, every third of the time to live.
  ///
  /// - Throws: `RedisError`; the lease then still stands until its deadline.
  @discardableResult
  public func renew() async throws(RedisError) -> LockRenewal { try await core.renew() }

  /// Gives the lock back, and to the first in the queue at once. Works when the server's memory is full.
  ///
  /// - Returns: `lost` when the lease had ended before: somebody else may have worked at the same time.
  @discardableResult
  public func release() async throws(RedisError) -> LockRelease { try await core.release() }
}

/// What came of asking for a lock once.
public enum LockAttempt: Sendable {
  case acquired(LockLease)
  /// Somebody holds it, and gives it back or loses it in this time unless it renews.
  case held(retryAfter: Duration)

  /// The lease; nil where it is held.
  public var lease: LockLease? { if case .acquired(let lease) = self { lease } else { nil } }
}

/// What came of a renewal.
public enum LockRenewal: Sendable, Hashable {
  case renewed, lost
}

/// What came of giving a lock back.
public enum LockRelease: Sendable, Hashable {
  case released, lost
}
