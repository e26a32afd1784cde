import CRedisSupport

/// State behind a lock: the standard library's `Mutex`, but with a lock that ThreadSanitizer can see, so that its runs
/// find our races and nothing else.
///
/// Sendable because `state` is only reached under `lock`.
final class Locked<State>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<rps_lock_t>
  private let state: UnsafeMutablePointer<State>

  init(_ state: State) {
    lock = .allocate(capacity: 1)
    rps_lock_init(lock)
    self.state = .allocate(capacity: 1)
    self.state.initialize(to: state)
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
    lock.deallocate()
  }

  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    rps_lock_take(lock)
    defer { rps_lock_give(lock) }
    return body(&state.pointee)
  }
}
