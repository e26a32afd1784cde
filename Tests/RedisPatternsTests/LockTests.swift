import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `The lock` {
  @Test func `one holds it, the other is told for how long`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    guard case .held(let retryAfter) = try await lock.tryAcquire() else {
      Issue.record("granted twice")
      return
    }
    #expect(retryAfter > .seconds(15) && retryAfter <= .seconds(20))
    #expect(try await lease.release() == .released)
    #expect(try await lease.release() == .lost)
    let next = try #require(try await lock.tryAcquire().lease)
    #expect(next.fence > lease.fence)
    #expect(try await next.release() == .released)
  }

  @Test func `the holder's deadline comes before the server's expiry`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    let left = try await space.redis.execute(RESPCommand("PTTL", "\(space.namespace):lock:{x}")).int ?? 0
    #expect(lease.deadline < .now + .milliseconds(left))
    #expect(lease.deadline > .now + .seconds(19))
    try await lease.release()
  }

  @Test func `many workers take turns in the order in which they came`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(5), patience: .milliseconds(300), namespace: space.namespace)
    let inside = Box(0)
    let fences = Box<[Int64]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<5 {
            try await lock.withLock { lease in
              #expect(
                inside.update { value -> Int in
                  value += 1
                  return value
                } == 1)
              fences.update { $0.append(lease.fence) }
              await Task.yield()
              inside.update { $0 -= 1 }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    let seen = fences.value
    #expect(seen.count == 40 && seen == seen.sorted() && Set(seen).count == 40)
  }

  @Test func `who waits too long is told so and has left the queue`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    let error = await #expect(throws: LockError.self) { try await lock.acquire(wait: .milliseconds(50)) }
    #expect(error?.code == .timedOut)
    #expect(try await space.queue("x") == 0)
    try await lease.release()
  }

  @Test func `who is cancelled while waiting leaves no place in the queue`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    let waiter = Task { try await lock.acquire(wait: .seconds(20)) }
    try await eventually { try await space.queue("x") == 1 }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(try await space.queue("x") == 0)
    try await lease.release()
    #expect(try await lock.tryAcquire().lease != nil)
  }

  @Test func `work that outlasts the lease's first life keeps it by renewal`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .milliseconds(300), namespace: space.namespace)
    let begun = ContinuousClock.now
    try await lock.withLock { lease in
      try await eventually { ContinuousClock.now > begun + .milliseconds(900) }
      #expect(!lease.isLost)
      guard case .held = try await lock.tryAcquire() else {
        Issue.record("two holders")
        return
      }
    }
    #expect(try await lock.tryAcquire().lease != nil)
  }

  @Test func `work that was cancelled gives the lock back before withLock returns`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let begun = Box(false)
    let worker = Task {
      try await lock.withLock { _ in
        begun.value = true
        try await Task.sleep(for: .seconds(60))
      }
    }
    try await eventually { begun.value }
    worker.cancel()
    await #expect(throws: CancellationError.self) { try await worker.value }
    #expect(try await lock.tryAcquire().lease != nil)
  }

  @Test func `a lease that ended early is reported, not hidden`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(20), namespace: space.namespace)
    let error = await #expect(throws: LockError.self) {
      try await lock.withLock { _ in
        _ = try await space.redis.execute(RESPCommand("DEL", "\(space.namespace):lock:{x}"))
        return "done"
      }
    }
    #expect(error?.code == .lost)
  }

  @Test func `a server that stands still costs the holder its lease before the server's expiry`() async throws {
    try await withServer { server, _ in
      let redis = try RedisClient(server.url)
      let lock = Lock("x", on: redis, ttl: .milliseconds(600))
      let expiry = Box<ContinuousClock.Instant?>(nil)
      let told = Box<ContinuousClock.Instant?>(nil)
      let error = await #expect(throws: LockError.self) {
        try await lock.withLock { lease in
          server.pause()
          // The server's expiry is later than this: it counts from when the call arrived.
          expiry.value = lease.deadline + .milliseconds(8)
          do { try await Task.sleep(for: .seconds(30)) } catch { told.value = .now }
        }
      }
      server.resume()
      #expect(error?.code == .lost)
      let (at, end) = (try #require(told.value), try #require(expiry.value))
      #expect(at <= end + .milliseconds(200), "told \(at - end) after the deadline")
    }
  }

  @Test func `a holder that dies is replaced when its lease ends`() async throws {
    let space = try await TestSpace.shared()
    let key = space.namespace
    let dead = try space.plain()
    let died = try #require(try await Lock("x", on: dead, ttl: .milliseconds(200), namespace: key).tryAcquire().lease)
    let lock = Lock("x", on: space.redis, ttl: .seconds(5), namespace: key)
    let lease = try await lock.acquire(wait: .seconds(10))
    #expect(lease.fence > died.fence)
    #expect(try await died.release() == .lost)
    #expect(try await lease.release() == .released)
  }

  @Test func `it needs nothing of a client but execute, and waits without subscriptions`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: try space.plain(), patience: .milliseconds(90), namespace: space.namespace)
    let other = Lock("x", on: try space.plain(), patience: .milliseconds(90), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    let waiter = Task { try await other.withLock { $0.fence } }
    try await eventually { try await space.queue("x") == 1 }
    try await lease.release()
    #expect(try await waiter.value > lease.fence)
  }
}

extension TestSpace {
  func queue(_ name: String) async throws -> Int64 {
    try await redis.execute(RESPCommand("LLEN", "\(namespace):lock:{\(name)}:queue")).int ?? -1
  }
}
