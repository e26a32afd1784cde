import RESP
import RedisPatterns

/// A lock in Swift: the same keys, scripts and lines as `locks.py`.
public enum LocksExample {
  // --8<-- [start:guard]
  /// A resource that refuses a writer whose lease has passed on.
  private actor Ledger {
    private(set) var entries: [String] = []
    private var newest: Int64 = 0

    func post(_ entry: String, fence: Int64) -> Bool {
      guard fence >= newest else { return false }
      newest = fence
      entries.append(entry)
      return true
    }
  }
  // --8<-- [end:guard]

  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    let ledger = Ledger()

    // --8<-- [start:with]
    let lock = Lock("ledger", on: redis, ttl: .seconds(60), namespace: namespace)
    let fence = try await lock.withLock { lease in
      say("posted: \(await ledger.post("first", fence: lease.fence) ? "yes" : "no")")
      return lease.fence
    }
    // --8<-- [end:with]

    // --8<-- [start:try]
    guard case .acquired(let held) = try await lock.tryAcquire() else { return }
    switch try await lock.tryAcquire() {
    case .held(let retryAfter): say("held, for \((retryAfter.components.seconds + 60) / 60) minute at most")
    case .acquired: say("acquired")
    }
    // --8<-- [end:try]

    // --8<-- [start:wait]
    do {
      _ = try await lock.acquire(wait: .milliseconds(100))
    } catch let error as LockError {
      say(error.code.rawValue)
    }
    // --8<-- [end:wait]

    // --8<-- [start:fence]
    try await held.release()
    try await lock.withLock { newer in
      say("fences grow: \(newer.fence > held.fence && held.fence > fence ? "yes" : "no")")
      _ = await ledger.post("second", fence: newer.fence)
      let late = await ledger.post("late", fence: held.fence)
      say("the late writer is refused: \(late ? "no" : "yes")")
    }
    // --8<-- [end:fence]

    // --8<-- [start:fenced]
    let report = FencedValue("report", on: redis, ttl: .seconds(3600), namespace: namespace)
    try await lock.withLock { newest in
      try await report.write(Array("new".utf8), fence: newest.fence)
      switch try await report.write(Array("late".utf8), fence: held.fence) {
      case .stale(let fence): say("a value in Redis refuses it too: \(fence == newest.fence ? "yes" : "no")")
      case .written: say("written")
      }
    }
    // --8<-- [end:fenced]

    // --8<-- [start:lost]
    do {
      try await Lock("ledger", on: redis, ttl: .seconds(1), namespace: namespace).withLock { lease in
        _ = try await redis.execute(RESPCommand("DEL", "\(namespace):lock:{ledger}"))  // an operator's mistake
        while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        say("told inside the scope: \(lease.isLost ? "yes" : "no")")
      }
    } catch let error as LockError {
      say(error.code.rawValue)
    }
    // --8<-- [end:lost]

    // --8<-- [start:concurrent]
    let section = Section()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...5 {
        group.addTask {
          try await Lock("ledger", on: redis, namespace: namespace).withLock { _ in
            await section.enter()
            await Task.yield()
            await section.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("5 workers, one at a time: \(await section.most == 1 ? "yes" : "no")")

    // --8<-- [start:permits]
    let connections = Semaphore("reports-db", on: redis, limit: 3, ttl: .seconds(60), namespace: namespace)
    try await connections.withPermits(2) { lease in
      let refused = try await connections.tryAcquire(2).lease == nil
      say("\(lease.permits) of 3 permits, then 2 more: \(refused ? "no" : "yes")")
    }
    // --8<-- [end:permits]
    say(await ledger.entries.joined(separator: ", "))
  }

  private actor Section {
    private var inside = 0
    private(set) var most = 0

    func enter() {
      inside += 1
      most = max(most, inside)
    }

    func leave() { inside -= 1 }
  }
}
