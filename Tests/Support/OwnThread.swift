import Foundation
import Synchronization
import Testing

/// Runs a test's tasks on a thread of its own.
private final class ThreadExecutor: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])
  private let signal = DispatchSemaphore(value: 0)
  private let ended = Mutex(false)

  init() {
    let thread = Thread { [self] in
      while true {
        signal.wait()
        guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
          if ended.withLock({ $0 }) { break }
          continue
        }
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    signal.signal()
  }

  func end() {
    ended.withLock { $0 = true }
    signal.signal()
  }
}

/// For tests that compute a lot, and for tests that watch the clock: neither holds up the other, nor is held up by
/// whatever blocks a thread of the cooperative pool, which has no more threads than the machine has cores.
public struct OwnThread: SuiteTrait, TestTrait, TestScoping {
  public let isRecursive = true

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    let executor = ThreadExecutor()
    defer { executor.end() }
    try await withTaskExecutorPreference(executor) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  public static var ownThread: Self { OwnThread() }
}
