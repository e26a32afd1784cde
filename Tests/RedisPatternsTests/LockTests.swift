import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `The lock` {
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
    let begun = ContinuousClock.now
    let lease = try #require(try await lock.tryAcquire().lease)
    let asked = ContinuousClock.now
    let left = try await space.redis.execute(RESPCommand("PTTL", "\(space.namespace):lock:{x}")).int ?? 0
    // The server's end lies after `asked + left`, less what the two sides round.
    #expect(lease.deadline < ContinuousClock.now + .milliseconds(left))
    #expect(lease.deadline >= begun + .seconds(19) && lease.deadline < asked + .seconds(20))
    try await lease.release()
  }

  @Test func `many workers take turns in the order in which they came`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(60), patience: .milliseconds(300), namespace: space.namespace)
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
    let lock = Lock("x", on: space.redis, ttl: .seconds(4), namespace: space.namespace)
    let begun = ContinuousClock.now
    try await lock.withLock { lease in
      try await eventually { ContinuousClock.now > begun + .seconds(6) }
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

  @Test func `work that takes its time to end after a cancellation keeps the lease`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(3), namespace: space.namespace)
    let begun = Box(false)
    let worker = Task {
      try await lock.withLock { lease in
        begun.value = true
        do { try await Task.sleep(for: .seconds(60)) } catch {}
        // Tidying up, which nobody may cut short.
        await Task { try? await Task.sleep(for: .seconds(5)) }.value
        return lease.isLost
      }
    }
    try await eventually { begun.value }
    worker.cancel()
    #expect(try await worker.value == false)
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
      let ttl = Duration.seconds(2)
      let lock = Lock("x", on: redis, ttl: ttl)
      var late: [Duration] = []
      // A machine that is busy with other things may be late itself; five times in a row it is not.
      while late.count < 5 {
        let (begun, expiry, told) = (ContinuousClock.now, Box(ContinuousClock.now), Box(ContinuousClock.now))
        let error = await #expect(throws: LockError.self) {
          try await lock.withLock(wait: .seconds(20)) { lease in
            server.pause()
            // The server counts from when the call arrived: from when it left, at the earliest.
            expiry.value = lease.deadline + ttl / 100 + .milliseconds(2)
            do { try await Task.sleep(for: .seconds(30)) } catch { told.value = .now }
            #expect(lease.isLost)
            server.resume()
          }
        }
        #expect(error?.code == .lost)
        #expect(told.value > begun)
        if told.value <= expiry.value { return }
        late.append(told.value - expiry.value)
      }
      Issue.record("told after the server's expiry, by \(late)")
    }
  }

  @Test func `a holder that dies is replaced when its lease ends`() async throws {
    let space = try await TestSpace.shared()
    let dead = try LockCalls("x", namespace: space.namespace)
    let granted = try await space.redis.run(try dead.acquire(owner: "dead", ttl: .milliseconds(200)))
    guard case .acquired(let fence) = try LockCalls.acquired(granted) else {
      Issue.record("not granted")
      return
    }
    let lease = try await Lock("x", on: space.redis, namespace: space.namespace).acquire(wait: .seconds(20))
    #expect(lease.fence > fence)
    #expect(try LockCalls.released(try await space.redis.run(try dead.release(owner: "dead"))) == .lost)
    #expect(try await lease.release() == .released)
  }

  @Test func `a message wakes the waiter long before it would ask again`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(60), patience: .seconds(60), namespace: space.namespace)
    let lease = try #require(try await lock.tryAcquire().lease)
    let waiter = Task { try await lock.acquire(wait: .seconds(60)) }
    let channel = "\(space.namespace):lock:{x}:wake"
    try await eventually {
      try await space.redis.execute(RESPCommand("PUBSUB", "NUMSUB", channel)).array?.last?.int == 1
    }
    let begun = ContinuousClock.now
    try await lease.release()
    let next = try await waiter.value
    // It asks again by itself after 16 s at the earliest.
    #expect(ContinuousClock.now - begun < .seconds(10))
    try await next.release()
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
