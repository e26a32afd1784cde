import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys) struct `A reliable queue` {
  private func queue(_ space: TestSpace, lease: Duration = .seconds(30), tries: Int = 5) -> ReliableQueue {
    ReliableQueue(
      "mail", on: space.redis, options: .init(lease: lease, tries: tries, most: 10, graves: 5, ttl: .seconds(60)),
      namespace: space.namespace)
  }

  @Test func `a job is handed out once and done`() async throws {
    let queue = queue(try await TestSpace.shared())
    #expect(try await queue.push("one", id: "j1") == .pushed(jobs: 1))
    #expect(try await queue.push("other", id: "j1") == .exists(jobs: 1))
    let job = try #require(try await queue.pop())
    #expect(job.text == "one" && job.id == "j1" && job.attempt == 1)
    #expect(try await queue.pop() == nil)
    #expect(try await job.extend())
    #expect(try await queue.look().out == 1)
    #expect(try await job.ack() == .acked)
    #expect(try await job.ack() == .lost)
  }

  @Test func `a job whose worker is gone comes to another, and the first is told`() async throws {
    let queue = queue(try await TestSpace.shared(), lease: .milliseconds(20))
    try await queue.push("one")
    let first = try #require(try await queue.pop())
    let second = try #require(try await queue.pop(wait: .seconds(20)))
    #expect(second.id == first.id && second.attempt == 2)
    #expect(try await first.ack() == .lost)
    #expect(try await first.extend() == false)
  }

  @Test func `a worker that is late may end its job until another is given it`() async throws {
    let space = try await TestSpace.shared()
    let queue = queue(space)
    for number in 0..<3 { try await queue.push("p", id: "j\(number)") }
    var late: [QueueJob] = []
    for _ in 0..<3 { late.append(try #require(try await queue.pop())) }
    // Their leases end.
    _ = try await space.redis.send("ZADD", "\(space.namespace):queue:{mail}:leases", 1, "j0", 2, "j1", 3, "j2")
    #expect(try await queue.look().ready == 3)
    // This pop puts all three back, and takes the first.
    let taken = try #require(try await queue.pop())
    #expect(taken.id == late[0].id && taken.attempt == 2)
    #expect(try await late[0].ack() == .lost)
    #expect(try await late[1].extend())
    #expect(try await late[1].ack() == .acked)
    #expect(try await late[2].ack() == .acked)
    #expect(try await taken.ack() == .acked)
    #expect(try await queue.pop() == nil)
  }

  @Test func `a job that fails is tried again, then buried, then revived`() async throws {
    let queue = queue(try await TestSpace.shared(), tries: 2)
    try await queue.push("poison", id: "j1")
    #expect(try await queue.pop()?.retry() == .retried)
    #expect(try await queue.pop()?.retry() == .buried)
    #expect(try await queue.pop() == nil)
    let state = try await queue.look()
    #expect(state.dead == 1 && state.ready == 0)
    #expect(state.graves == (try await queue.look()).graves)
    #expect(state.graves.first?.id == "j1" && state.graves.first?.attempts == 2)
    #expect(try await queue.revive() == 1)
    #expect(try await queue.pop()?.attempt == 1)
  }

  @Test func `a full queue says so, and a job that is put off waits`() async throws {
    let queue = queue(try await TestSpace.shared())
    for number in 0..<10 { try await queue.push("p", id: "j\(number)", delay: .seconds(50)) }
    #expect(try await queue.push("p") == .full(jobs: 10))
    #expect(try await queue.look().later == 10)
    #expect(try await queue.pop() == nil)
  }

  @Test func `a consumer that waits gets what is pushed meanwhile`() async throws {
    let queue = queue(try await TestSpace.shared())
    async let job = queue.pop(wait: .seconds(20))
    try await queue.push("late")
    #expect(try await job?.text == "late")
  }

  @Test func `a consumer that is cancelled stops waiting`() async throws {
    let queue = queue(try await TestSpace.shared())
    let waiting = Task { try await queue.pop(wait: .seconds(60)) }
    try await eventually { try await queue.look().ready == 0 }
    waiting.cancel()
    await #expect(throws: RedisError.self) { try await waiting.value }
  }
}

@Suite(.noImmortalKeys) struct `A versioned object` {
  @Test func `a change from what was read is refused when another came between, and made anew`() async throws {
    let space = try await TestSpace.shared()
    let user = VersionedObject("user:1", on: space.redis, ttl: .seconds(60), most: 2, namespace: space.namespace)
    #expect(try await user.read() == nil)
    guard case .written(let first) = try await user.write(["name": "Ann"], seen: 0) else {
      Issue.record("not written")
      return
    }
    guard case .written(let second) = try await user.write(["name": "Anna"], seen: first) else {
      Issue.record("not written")
      return
    }
    #expect(second > first)
    #expect(try await user.write(["name": "Bob"], seen: first) == .conflict(version: second))
    #expect(try await user.write(["a": "1", "b": "2"]) == .full(fields: 3))
    #expect(try await user.delete(seen: first) == .conflict(version: second))
    #expect(try await user.read()?.text == ["name": "Anna"])
    #expect(try await user.delete(seen: second) == .deleted)
    #expect(try await user.delete() == .missing)
    #expect(try await user.write(["name": "Ann"], seen: second) == .missing)
  }

  @Test func `updates at the same time are all there`() async throws {
    let space = try await TestSpace.shared()
    let user = VersionedObject("user:2", on: space.redis, ttl: .seconds(60), namespace: space.namespace)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try await user.update(attempts: 100) { ["n": String((Int($0["n"] ?? "0") ?? 0) + 1)] }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await user.read()?.text["n"] == "8")
  }
}
