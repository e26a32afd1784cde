import RESP
import Synchronization

/// A lease and its deadline, whatever it is a lease of: renewed, lost with notice, given back.
final class LeaseCore: Sendable {
  private struct State {
    var deadline: ContinuousClock.Instant
    var lost = false
  }

  let ttl: Duration
  private let state: Mutex<State>
  private let renewal: @Sendable () async throws(RedisError) -> LockRenewal
  private let giveBack: @Sendable () async throws(RedisError) -> LockRelease

  /// - Parameters:
  ///   - sent: the moment before the request left that was granted.
  ///   - renewal: asks for the whole time to live anew.
  ///   - giveBack: ends the lease.
  init(
    ttl: Duration, sent: ContinuousClock.Instant,
    renewal: @escaping @Sendable () async throws(RedisError) -> LockRenewal,
    giveBack: @escaping @Sendable () async throws(RedisError) -> LockRelease
  ) {
    self.ttl = ttl
    self.renewal = renewal
    self.giveBack = giveBack
    state = Mutex(State(deadline: Self.deadline(of: ttl, from: sent)))
  }

  /// The end of a lease for its holder: earlier than the server's, whatever the network did and although the two clocks
  /// run at different speeds (up to 1 %), because it counts from before the request left.
  private static func deadline(of ttl: Duration, from sent: ContinuousClock.Instant) -> ContinuousClock.Instant {
    sent + ttl * 99 / 100 - .milliseconds(2)
  }

  var deadline: ContinuousClock.Instant { state.withLock { $0.deadline } }

  var isLost: Bool {
    state.withLock { state in
      if ContinuousClock.now >= state.deadline { state.lost = true }
      return state.lost
    }
  }

  func renew() async throws(RedisError) -> LockRenewal {
    guard !isLost else { return .lost }
    let sent = ContinuousClock.now
    switch try await renewal() {
    case .lost:
      markLost()
      return .lost
    case .renewed:
      let told = isLost
      return state.withLock { state in
        // Whoever was told of the loss must stay right.
        guard !told, !state.lost else { return .lost }
        state.deadline = max(state.deadline, Self.deadline(of: ttl, from: sent))
        return .renewed
      }
    }
  }

  func release() async throws(RedisError) -> LockRelease {
    let released = try await giveBack()
    markLost()
    return released
  }

  private func markLost() { state.withLock { $0.lost = true } }
}
