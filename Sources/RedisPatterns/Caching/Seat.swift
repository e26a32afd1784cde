import Synchronization

/// The place of one caller on a flight: whoever is first, the landing, the cancellation or the timer, empties it.
final class Seat<Value: Sendable>: Sendable {
  private enum Place {
    case free
    case taken(CheckedContinuation<Value?, any Error>)
    case left
  }

  private struct State {
    var place = Place.free
    var timer: Task<Void, Never>?
  }

  private let end: ContinuousClock.Instant
  private let state = Mutex(State())

  init(until end: ContinuousClock.Instant) { self.end = end }

  var isEmpty: Bool { state.withLock { if case .left = $0.place { true } else { false } } }

  /// False when the caller was cancelled before it sat down.
  func take(_ continuation: CheckedContinuation<Value?, any Error>) -> Bool {
    let taken = state.withLock { state in
      if case .left = state.place { return false }
      state.place = .taken(continuation)
      return true
    }
    if !taken { continuation.resume(throwing: CancellationError()) }
    return taken
  }

  func leave(_ result: Result<Value?, any Error>) {
    let (continuation, timer) = state.withLock {
      state -> (CheckedContinuation<Value?, any Error>?, Task<Void, Never>?) in
      defer { state = State(place: .left) }
      if case .taken(let continuation) = state.place { return (continuation, state.timer) }
      return (nil, state.timer)
    }
    timer?.cancel()
    continuation?.resume(with: result)
  }

  /// Waits for another's load, and no longer than the caller's patience.
  func setTimer(_ afterwards: @escaping @Sendable () -> Void) {
    state.withLock { state in
      guard case .taken = state.place, state.timer == nil else { return }
      state.timer = Task {
        do { try await Task.sleep(until: end, clock: .continuous) } catch { return }
        leave(.failure(CacheError.waitedTooLong))
        afterwards()
      }
    }
  }

  /// From now on the load is this caller's own.
  func stopTimer() {
    let timer = state.withLock { state in
      defer { state.timer = nil }
      return state.timer
    }
    timer?.cancel()
  }
}
