import Synchronization

/// Loads that nobody waits for, so many at a time.
final class Refreshes: Sendable {
  private struct State {
    var running: [Int: Task<Void, Never>] = [:]
    var started = 0
  }

  private let most: Int
  private let state = Mutex(State())

  init(most: Int) { self.most = most }

  /// False, and nothing runs, when there are as many as may be.
  func start(_ work: @escaping @Sendable () async -> Void) -> Bool {
    state.withLock { state in
      guard state.running.count < most else { return false }
      let number = state.started
      state.started += 1
      state.running[number] = Task {
        await work()
        self.ended(number)
      }
      return true
    }
  }

  private func ended(_ number: Int) { state.withLock { $0.running[number] = nil } }

  /// Waits for all; cancels those that have not ended in time, and returns whether there were none.
  func drain(within limit: Duration) async -> Bool {
    let running = state.withLock { Array($0.running.values) }
    let timer = Task {
      do { try await Task.sleep(for: limit.asWait, clock: .continuous) } catch { return false }
      for task in running { task.cancel() }
      return true
    }
    for task in running { await task.value }
    timer.cancel()
    return await !timer.value
  }
}
