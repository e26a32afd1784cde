import CPythonSupport
import Synchronization

/// The call that Python's main thread is in, so that an interruption strikes that one and no later one.
enum RunningCall {
  private struct State {
    var number: UInt64 = 0
    var isInterrupted = false
    var task: Task<Void, Never>?
  }

  private static let state = Mutex(State())
  private static let last = Atomic<UInt64>(0)

  static func nextNumber() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }

  static var current: UInt64 { state.withLock { $0.number } }

  /// On the Python thread, with the GIL.
  static func begin(_ number: UInt64) { state.withLock { $0.number = number } }

  static func end() {
    let wasInterrupted = state.withLock { state in
      defer { state.number = 0; state.isInterrupted = false; state.task = nil }
      return state.isInterrupted
    }
    if wasInterrupted { cps_interrupt(PythonThread.shared.pythonIdentity, false) }
  }

  /// From any thread. Does nothing when that call does not run, in particular before Python has started.
  static func requestInterrupt(_ number: UInt64) {
    if number != 0 && current == number { PythonCompletions.shared.post(.interrupt(number)) }
  }

  /// On another thread, with the GIL: the Python thread is between two bytecodes, or in C code that released the GIL.
  static func interrupt(_ number: UInt64) {
    let task: Task<Void, Never>?? = state.withLock { state in
      guard state.number == number, number != 0 else { return nil }
      state.isInterrupted = true
      return .some(state.task)
    }
    guard let task else { return }
    task?.cancel()
    cps_interrupt(PythonThread.shared.pythonIdentity, true)
  }

  /// The Swift task that the Python thread waits for: an interruption cancels it.
  static func wait(for task: Task<Void, Never>?) {
    let cancels = state.withLock { state in
      state.task = task
      return state.isInterrupted
    }
    if cancels { task?.cancel() }
  }
}
