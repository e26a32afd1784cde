import Synchronization

/// Wakes the one who waits; a ring that nobody waited for is kept.
final class Bell: Sendable {
  private struct State {
    var rung = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func ring() {
    let waiter = state.withLock { state in
      let waiter = state.waiter
      state.waiter = nil
      state.rung = waiter == nil
      return waiter
    }
    waiter?.resume()
  }

  /// Returns at a ring, or after this time; sometimes a little earlier. One waits at a time.
  func wait(for time: Duration) async {
    // It may be over before we wait: so it rings, and a ring is kept.
    let timer = Task {
      try await Task.sleep(for: time, clock: .continuous)
      ring()
    }
    defer { timer.cancel() }
    await withCheckedContinuation { continuation in
      let rung = state.withLock { state in
        if state.rung {
          state.rung = false
          return true
        }
        state.waiter = continuation
        return false
      }
      if rung { continuation.resume() }
    }
  }
}
