import Synchronization

/// The place of one caller on a flight: whoever is first, the landing, the cancellation or the timer, empties it.
final class Seat: Sendable {
  typealias Waiter = CheckedContinuation<(any Sendable)?, any Error>

  private enum Place {
    case free
    case taken(Waiter)
    case left
  }

  private struct State {
    var place = Place.free
    var timer: Task<Void, Never>?
    /// What this caller is to do for all, even if it has left.
    var summons: (@Sendable () -> Void)?

    mutating func leave() -> (Waiter?, Task<Void, Never>?) {
      defer { (place, timer) = (.left, nil) }
      if case .taken(let continuation) = place { return (continuation, timer) }
      return (nil, timer)
    }

    mutating func takeSummons() -> (@Sendable () -> Void)? {
      defer { summons = nil }
      return summons
    }
  }

  private let end: ContinuousClock.Instant
  private let state = Mutex(State())

  init(until end: ContinuousClock.Instant) { self.end = end }

  var isEmpty: Bool { state.withLock { if case .left = $0.place { true } else { false } } }

  /// False when the caller was cancelled before it sat down.
  func take(_ continuation: Waiter) -> Bool {
    let taken = state.withLock { state in
      if case .left = state.place { return false }
      state.place = .taken(continuation)
      return true
    }
    if !taken { continuation.resume(throwing: CancellationError()) }
    return taken
  }

  func leave(_ result: Result<(any Sendable)?, any Error>) {
    let (continuation, timer) = state.withLock { $0.leave() }
    timer?.cancel()
    continuation?.resume(with: result)
  }

  /// Waits for another's load, and no longer than the caller's patience. The caller's own task calls it.
  func setTimer(_ afterwards: @escaping @Sendable () -> Void) {
    let summons = state.withLock { state -> (@Sendable () -> Void)? in
      if state.summons == nil, case .taken = state.place {
        state.timer = Task {
          let isOver = (try? await Task.sleep(until: end, clock: .continuous)) != nil
          rung(isOver, afterwards)
        }
      }
      return state.takeSummons()
    }
    summons?()
  }

  private func rung(_ isOver: Bool, _ afterwards: () -> Void) {
    let (summons, continuation) = state.withLock { state -> ((@Sendable () -> Void)?, Waiter?) in
      if let summons = state.takeSummons() { return (summons, nil) }
      return (nil, isOver ? state.leave().0 : nil)
    }
    if let summons { return summons() }
    continuation?.resume(throwing: CacheError.waitedTooLong)
    if isOver { afterwards() }
  }

  /// Has the work done in the caller's name: with its task-local values and its priority. From now on there is no timer.
  ///
  /// - Returns: false when the caller has left.
  func summon(_ work: @escaping @Sendable () -> Void) -> Bool {
    let (isThere, timer) = state.withLock { state -> (Bool, Task<Void, Never>?) in
      if case .left = state.place { return (false, nil) }
      state.summons = work
      defer { state.timer = nil }
      return (true, state.timer)
    }
    // It wakes, and finds the summons; where there is none yet, whoever sets it finds them.
    timer?.cancel()
    return isThere
  }
}
