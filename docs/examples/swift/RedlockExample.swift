import RESP
import RedisPatterns

/// A Redlock in Swift: the same keys, scripts and lines as `redlock.py`.
public enum RedlockExample {
  /// A server that is lost.
  private struct Lost: RedisExecutor {
    func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
      throw RedisError(.connect, "nobody is there", execution: .notExecuted)
    }
  }

  /// - Parameter nodes: clients of three servers that have been up for longer than four seconds.
  public static func run(
    on nodes: [any RedisExecutor], namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // A short lease, because a node votes when it has been up for longer than the longest one.
    @Sendable func nightly(on nodes: [any RedisExecutor]) -> Redlock {
      Redlock(
        "nightly", on: nodes, ttl: .seconds(3), longestTTL: .seconds(3), nodeTimeout: .seconds(1),
        namespace: namespace)
    }

    // --8<-- [start:with]
    let lock = nightly(on: nodes)
    try await lock.withLock { lease in say("exported: \(lease.isLost ? "no" : "yes")") }
    // --8<-- [end:with]

    // --8<-- [start:try]
    let held = try await lock.acquire()
    switch try await lock.tryAcquire() {
    case .refused(let refusal):
      let against = refusal.votes.count { if case .held = $0 { true } else { false } }
      say("\(refusal.reason), say \(against) of \(refusal.votes.count) nodes")
    case .acquired: say("acquired")
    }
    try await held.release()
    // --8<-- [end:try]

    // --8<-- [start:minority]
    try await nightly(on: [nodes[0], nodes[1], Lost()]).withLock { lease in
      say("with one node lost: \(lease.isLost ? "no" : "yes")")
    }
    // --8<-- [end:minority]

    // --8<-- [start:quorum]
    do {
      _ = try await nightly(on: [nodes[0], Lost(), Lost()]).acquire(wait: .milliseconds(100))
    } catch let error as LockError {
      say(error.code.rawValue)
    }
    // --8<-- [end:quorum]

    // --8<-- [start:twice]
    do {
      _ = try await nightly(on: [nodes[0], nodes[1], nodes[0]]).tryAcquire()
    } catch {
      say(error.code.rawValue)
    }
    // --8<-- [end:twice]

    // --8<-- [start:concurrent]
    let section = Section()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...3 {
        group.addTask {
          try await nightly(on: nodes).withLock { _ in
            await section.enter()
            await Task.yield()
            await section.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("3 workers, one at a time: \(await section.most == 1 ? "yes" : "no")")
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
