import RESP

/// The right to use some permits of a semaphore, until its deadline.
public struct PermitLease: Sendable {
  /// How many permits.
  public let permits: Int
  /// Another for every grant, and growing. Several holders are right at a time, so a resource must not refuse the smaller
  /// one; it may tell the holders apart by it.
  public let fence: Int64
  let core: LeaseCore

  /// When the holder must have stopped; moved by each renewal. The clock counts while the machine sleeps.
  public var deadline: ContinuousClock.Instant { core.deadline }

  /// Whether the lease has ended, by its deadline or because the server said so. Once true, always true.
  public var isLost: Bool { core.isLost }

  /// Starts the time to live anew. `withPermits` does it by itself, every third of the time to live.
  ///
  /// - Throws: `RedisError`; the lease then still stands until its deadline.
  @discardableResult
  public func renew() async throws(RedisError) -> LockRenewal { try await core.renew() }

  /// Gives the permits back, and to those in the queue at once. Works when the server's memory is full.
  ///
  /// - Returns: `lost` when the lease had ended before: more may have been at work than there are permits.
  @discardableResult
  public func release() async throws(RedisError) -> LockRelease { try await core.release() }
}

/// What came of asking for permits once.
public enum PermitAttempt: Sendable {
  case acquired(PermitLease)
  /// There are too few, or others stand before us. The first of the present leases ends in this time unless it is renewed.
  case held(retryAfter: Duration)

  /// The lease; nil where the permits are held.
  public var lease: PermitLease? { if case .acquired(let lease) = self { lease } else { nil } }
}
