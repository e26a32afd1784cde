import CPythonSupport
import Dispatch
import Synchronization

/// The executor of ``PythonActor``: a thread with a stack deep enough for Python's recursion limit in C code.
///
/// It becomes Python's main thread, holds the interpreter's lock (the GIL) through a batch of jobs, and drops it before
/// it waits.
final class PythonThread: SerialExecutor {
  static let shared = PythonThread()

  private struct State {
    var jobs: [UnownedJob] = []
    var isWaiting = false
    var isStarted = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  /// Python's identity of the thread, 0 until Python started.
  private let identity = Atomic<UInt>(0)
  /// Whether Python has started, so that there is a lock to drop. Only this thread writes it.
  private let hasLock = Atomic<Bool>(false)

  private init() {}

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let (wakes, starts) = state.withLock { state in
      state.jobs.append(job)
      let starts = !state.isStarted
      state.isStarted = true
      let wakes = state.isWaiting
      state.isWaiting = false
      return (wakes, starts)
    }
    if starts {
      let failure = cps_thread_start("python", 16 << 20) { PythonThread.shared.run() }
      precondition(failure == 0, "no thread for Python: error \(failure)")
    } else if wakes {
      wake.signal()
    }
  }

  /// After Python started on this thread, which left it with the lock.
  func pythonDidStart() {
    identity.store(UInt(cps_thread_id()), ordering: .releasing)
    hasLock.store(true, ordering: .releasing)
  }

  /// Whether the caller runs on this thread. With or without the GIL.
  var isCurrent: Bool { pythonIdentity != 0 && pythonIdentity == UInt(cps_thread_id()) }

  /// Under which ``cps_interrupt`` finds the thread.
  var pythonIdentity: UInt { identity.load(ordering: .acquiring) }

  private func run() {
    var batch: [UnownedJob] = []
    while true {
      state.withLock { state in
        swap(&batch, &state.jobs)
        state.isWaiting = batch.isEmpty
      }
      if batch.isEmpty {
        let lock = hasLock.load(ordering: .relaxed) ? cps_gil_drop() : nil
        wake.wait()
        if let lock { cps_gil_take(lock) }
        continue
      }
      for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
      batch.removeAll(keepingCapacity: true)
    }
  }
}
