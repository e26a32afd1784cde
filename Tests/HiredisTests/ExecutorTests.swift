import Dispatch
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@testable import Hiredis

/// A call suspends its task, and another thread resumes it: afterwards the task must run where it ran before.
@Suite struct `Callers keep their executor` {
  private final class Queue: SerialExecutor {
    let queue = DispatchQueue(label: "callers-keep-their-executor")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
  }

  private actor Queued {
    private let executor = Queue()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func calls(_ redis: RedisClient) async throws {
      for number in 0..<50 {
        #expect(try await redis.send("ECHO", "\(number)").string == "\(number)")
        dispatchPrecondition(condition: .onQueue(executor.queue))
        #expect(try await redis.execute(RESPCommand("ECHO", number)).string == "\(number)")
        dispatchPrecondition(condition: .onQueue(executor.queue))
      }
    }
  }

  private actor Plain {
    private var calls = 0

    /// Whoever came back to the wrong place would race here, and ThreadSanitizer would see it.
    func call(_ redis: RedisClient) async throws -> Int {
      _ = try await redis.send("PING")
      preconditionIsolated()
      calls += 1
      return calls
    }
  }

  @Test @MainActor func `on the main actor`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    for _ in 0..<50 {
      _ = try await redis.send("PING")
      MainActor.preconditionIsolated()
    }
  }

  @Test func `on an actor with an executor of its own`() async throws {
    try await Queued().calls(RedisClient(await RedisServer.shared().url))
  }

  @Test func `on an actor that many tasks call`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let plain = Plain()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<64 { group.addTask { for _ in 0..<20 { _ = try await plain.call(redis) } } }
      try await group.waitForAll()
    }
    #expect(try await plain.call(redis) == 64 * 20 + 1)
  }

  @Test func `on the loop`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    try await redis.withLoop {
      for _ in 0..<50 {
        _ = try await redis.send("PING")
        #expect(redis.core.loop.mailbox.isLoopThread)
      }
    }
  }
}
