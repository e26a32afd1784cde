import RESP
import Synchronization

/// The right to work alone, until its deadline.
///
/// A lease, not a lock: a process that is paused for longer than the lease still believes in it when it wakes. So hand
/// `fence` to the resource, which refuses a smaller one than it has seen.
public final class LockLease: Sendable {
  private struct State {
    var deadline: ContinuousClock.Instant
    var lost = false
  }

  /// Grows with every grant, also across a lost counter: `max(stored + 1, server's clock in µs)`, a hybrid logical clock
  /// (Kulkarni, Demirbas, 2014). Give it to the resource, so that a late writer can be refused.
  public let fence: Int64
  let owner: String
  var ttl: Duration { lock.ttl }
  private let lock: Lock
  private let state: Mutex<State>

  init(_ lock: Lock, owner: String, fence: Int64, sent: ContinuousClock.Instant) {
    self.lock = lock
    self.owner = owner
    self.fence = fence
    state = Mutex(State(deadline: Self.deadline(of: lock.ttl, from: sent)))
  }

  /// The end of a lease for its holder: earlier than the server's, whatever the network did and although the two clocks
  /// run at different speeds (up to 1 %), because it counts from before the request left.
  private static func deadline(of ttl: Duration, from sent: ContinuousClock.Instant) -> ContinuousClock.Instant {
    sent + ttl * 99 / 100 - .milliseconds(2)
  }

  /// When the holder must have stopped; moved by each renewal. The clock counts while the machine sleeps.
  public var deadline: ContinuousClock.Instant { state.withLock { $0.deadline } }

  /// Whether the lease has ended, by its deadline or because the server said so. Once true, always true.
  public var isLost: Bool {
    state.withLock { state in
      if ContinuousClock.now >= state.deadline { state.lost = true }
      return state.lost
    }
  }

  /// Starts the time to live anew. `withLock` does it by itself, every third of the time to live.
  ///
  /// - Throws: `RedisError`; the lease then still stands until its deadline.
  @discardableResult
  public func renew() async throws(RedisError) -> LockRenewal {
    guard !isLost else { return .lost }
    let sent = ContinuousClock.now
    let call = try lock.calls.get().renew(owner: owner, ttl: lock.ttl)
    switch try LockCalls.renewed(try await lock.redis.run(call)) {
    case .lost:
      markLost()
      return .lost
    case .renewed:
      let told = isLost
      return state.withLock { state in
        // Whoever was told of the loss must stay right.
        guard !told, !state.lost else { return .lost }
        state.deadline = max(state.deadline, Self.deadline(of: lock.ttl, from: sent))
        return .renewed
      }
    }
  }

  /// Gives the lock back, and to the first in the queue at once. Works when the server's memory is full.
  ///
  /// - Returns: `lost` when the lease had ended before: somebody else may have worked at the same time.
  @discardableResult
  public func release() async throws(RedisError) -> LockRelease {
    let released = try await lock.release(owner: owner)
    markLost()
    return released == .released ? .released : .lost
  }

  private func markLost() { state.withLock { $0.lost = true } }
}

/// What came of asking for a lock once.
public enum LockAttempt: Sendable {
  case acquired(LockLease)
  /// Somebody holds it, and gives it back or loses it in this time unless it renews.
  case held(retryAfter: Duration)

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
