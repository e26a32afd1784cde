import Synchronization

/// Renews the leases of the loads under way, by one timer for all: nearly every load ends before it rings at all.
final class Renewals: Sendable {
  private struct Lease {
    var due: ContinuousClock.Instant
    /// False when the lease is lost.
    let renew: @Sendable () async -> Bool
    /// The renewal under way.
    var task: Task<Void, Never>?
  }

  private struct State {
    var leases: [Int: Lease] = [:]
    var begun = 0
    /// Whether somebody sleeps until the first is due; what begins later is due later.
    var hasTimer = false
  }

  private let period: Duration
  private let state = Mutex(State())

  var hasTimer: Bool { state.withLock(\.hasTimer) }

  /// - Parameter period: from the beginning to the first renewal, and between two.
  init(every period: Duration) { self.period = period }

  /// The number to end it by.
  func begin(_ renew: @escaping @Sendable () async -> Bool) -> Int {
    let (number, isFirst) = state.withLock { state in
      defer { state.hasTimer = true }
      state.begun += 1
      state.leases[state.begun] = Lease(due: .now + period, renew: renew)
      return (state.begun, !state.hasTimer)
    }
    // Of no caller: the first one's priority and task-local values are nothing to the others. A late one loses leases.
    if isFirst { Task.detached(priority: .high) { await self.ring() } }
    return number
  }

  func end(_ number: Int) {
    let task = state.withLock { $0.leases.removeValue(forKey: number)?.task }
    task?.cancel()
  }

  private func ring() async {
    while let due = nextDue() {
      // Nobody cancels it.
      try? await Task.sleep(until: due, clock: .continuous)
      // A little early for some, so that many loads are not as many wake-ups.
      start(upTo: .now + period / 8)
    }
  }

  private func nextDue() -> ContinuousClock.Instant? {
    state.withLock { state in
      let due = state.leases.values.map(\.due).min()
      state.hasTimer = due != nil
      return due
    }
  }

  private func start(upTo moment: ContinuousClock.Instant) {
    state.withLock { state in
      for (number, lease) in state.leases where lease.due <= moment {
        state.leases[number]?.due = .now + period
        guard lease.task == nil else { continue }  // one that hangs is not joined by another
        state.leases[number]?.task = Task {
          let isKept = await lease.renew()
          self.state.withLock { if isKept { $0.leases[number]?.task = nil } else { $0.leases[number] = nil } }
        }
      }
    }
  }
}
