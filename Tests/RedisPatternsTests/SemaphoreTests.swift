import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `The semaphore` {
  @Test func `permits are counted by weight`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore("x", on: space.redis, limit: 3, ttl: .seconds(20), namespace: space.namespace)
    let two = try #require(try await semaphore.tryAcquire(2).lease)
    guard case .held(let retryAfter) = try await semaphore.tryAcquire(2) else {
      Issue.record("granted too many")
      return
    }
    #expect(retryAfter > .seconds(15) && retryAfter <= .seconds(20))
    let one = try #require(try await semaphore.tryAcquire().lease)
    #expect(two.permits == 2 && one.permits == 1 && one.fence > two.fence)
    #expect(try await two.release() == .released)
    #expect(try await two.release() == .lost)
    #expect(try await one.renew() == .renewed)
    #expect(try await one.release() == .released)
    #expect(try await semaphore.tryAcquire(3).lease != nil)
  }

  @Test func `every operation is one round trip`() async throws {
    try await withServer { server, watcher in
      let redis = try RedisClient(server.url)
      let semaphore = Semaphore("x", on: redis, limit: 3)
      let value = FencedValue("x", on: redis, ttl: .seconds(60))
      // Scripts are loaded.
      let first = try await semaphore.acquire()
      try await first.renew()
      try await first.release()
      try await value.write([1], fence: 1)

      func calls(_ command: String) async throws -> Int {
        let stats = try await watcher.execute(RESPCommand("INFO", "commandstats")).string ?? ""
        let line = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0.isNumber }) } ?? 0
      }
      let before = try await calls("evalsha")
      let lease = try await semaphore.acquire(2)
      #expect(try await calls("evalsha") == before + 1)
      try await lease.renew()
      #expect(try await calls("evalsha") == before + 2)
      _ = try await semaphore.tryAcquire(2)
      #expect(try await calls("evalsha") == before + 3)
      try await lease.release()
      #expect(try await calls("evalsha") == before + 4)
      try await value.write([2], fence: 1)
      #expect(try await calls("evalsha") == before + 5)
      let reads = try await calls("get")
      #expect(try await value.read() == [2])
      #expect(try await calls("get") == reads + 1)
      #expect(try await calls("eval") == 4)
    }
  }

  @Test func `many workers never hold more than there is`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore(
      "x", on: space.redis, limit: 4, ttl: .seconds(60), patience: .milliseconds(300), namespace: space.namespace)
    let (inside, most) = (Box(0), Box(0))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for weight in [1, 1, 2, 3, 4] {
        group.addTask {
          for _ in 0..<5 {
            try await semaphore.withPermits(weight) { lease in
              let now = inside.update { value -> Int in
                value += lease.permits
                return value
              }
              most.update { $0 = max($0, now) }
              await Task.yield()
              inside.update { $0 -= lease.permits }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(inside.value == 0)
    #expect(most.value == 4)
  }

  @Test func `a heavy waiter is served before the light ones that came later`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore("x", on: space.redis, limit: 3, ttl: .seconds(60), namespace: space.namespace)
    let held = try await semaphore.acquire()
    let order = Box<[Int]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (place, weight) in [3, 1, 1].enumerated() {
        group.addTask { try await semaphore.withPermits(weight) { _ in order.update { $0.append(weight) } } }
        try await eventually { try await space.waiting("x") == place + 1 }
      }
      // Two are free, and kept for who stands first.
      guard case .held = try await semaphore.tryAcquire() else {
        Issue.record("a newcomer passed the queue")
        return
      }
      try await held.release()
      try await group.waitForAll()
    }
    #expect(order.value == [3, 1, 1])
  }

  @Test func `permits of a holder that died come back when its lease ends`() async throws {
    let space = try await TestSpace.shared()
    let dead = Semaphore("x", on: space.redis, limit: 3, ttl: .milliseconds(300), namespace: space.namespace)
    _ = try await dead.acquire(3)
    let semaphore = Semaphore("x", on: space.redis, limit: 3, namespace: space.namespace)
    let lease = try await semaphore.acquire(3, wait: .seconds(20))
    #expect(try await lease.release() == .released)
  }

  @Test func `permits are renewed while the work runs`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore("x", on: space.redis, limit: 1, ttl: .seconds(4), namespace: space.namespace)
    let begun = ContinuousClock.now
    try await semaphore.withPermits { lease in
      try await eventually { ContinuousClock.now > begun + .seconds(6) }
      #expect(!lease.isLost)
      guard case .held = try await semaphore.tryAcquire() else {
        Issue.record("granted twice")
        return
      }
    }
  }

  @Test func `permits that were lost end the work and are reported`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore("x", on: space.redis, limit: 2, ttl: .seconds(2), namespace: space.namespace)
    let told = Box(false)
    let error = await #expect(throws: LockError.self) {
      try await semaphore.withPermits(2) { lease in
        _ = try await space.redis.execute(RESPCommand("DEL", "\(space.namespace):semaphore:{x}"))
        do { try await Task.sleep(for: .seconds(60)) } catch { told.value = lease.isLost }
      }
    }
    #expect(error?.code == .lost)
    #expect(told.value)
  }

  @Test func `who waits too long for permits, or is cancelled, has left the queue`() async throws {
    let space = try await TestSpace.shared()
    let semaphore = Semaphore("x", on: space.redis, limit: 2, ttl: .seconds(20), namespace: space.namespace)
    let lease = try await semaphore.acquire()
    let error = await #expect(throws: LockError.self) { try await semaphore.acquire(2, wait: .milliseconds(50)) }
    #expect(error?.code == .timedOut)
    #expect(try await space.waiting("x") == 0)
    let waiter = Task { try await semaphore.acquire(2) }
    try await eventually { try await space.waiting("x") == 1 }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(try await space.waiting("x") == 0)
    #expect(try await semaphore.tryAcquire().lease != nil)
    try await lease.release()
  }

  @Test func `more permits than there are is an argument error before anything is sent`() async throws {
    let space = try await TestSpace.shared()
    let counting = Counting(redis: space.redis)
    let semaphore = Semaphore("x", on: counting, limit: 2, namespace: space.namespace)
    for count in [0, 3] {
      let once = await #expect(throws: RedisError.self) { try await semaphore.tryAcquire(count) }
      #expect(once?.code == .argument)
      let waiting = await #expect(throws: RedisError.self) { try await semaphore.acquire(count) }
      #expect(waiting?.code == .argument)
    }
    #expect(counting.trips.value == 0)
  }

  @Test func `with a full memory nobody takes, whoever stands in the queue, and giving back serves it`() async throws {
    try await withServer { _, redis in
      let calls = try SemaphoreCalls("x")
      let start: Int64 = 4_102_444_800_000_000
      func ask(_ owner: String, _ patience: Duration, at us: Int64) async throws -> LockCalls.Acquired {
        let call = try calls.acquire(
          owner: owner, weight: 2, limit: 3, ttl: .seconds(1), patience: patience, nowUs: start + us)
        return try LockCalls.acquired(try await redis.run(call))
      }
      _ = try await ask("holder", .zero, at: 0)
      _ = try await ask("first", .seconds(2), at: 100)
      _ = try await redis.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      // The holder's lease is over and the first could have it: the queue's pops need no memory, the grant does.
      for owner in ["newcomer", "first"] {
        let error = await #expect(throws: RedisError.self) { try await ask(owner, .seconds(2), at: 1_000_000) }
        #expect(error?.code == .outOfMemory)
      }
      #expect(try await redis.execute(RESPCommand("LLEN", "semaphore:{x}:queue")).int == 1)
      let released = try await redis.run(try calls.release(owner: "holder", nowUs: start + 500_000))
      #expect(try LockCalls.released(released) == .released)
      #expect(try await redis.execute(RESPCommand("HKEYS", "semaphore:{x}")).array?.compactMap(\.string) == ["first"])
    }
  }
}

@Suite(.noImmortalKeys) struct `The fenced value` {
  @Test func `a late holder of the lock is refused`() async throws {
    let space = try await TestSpace.shared()
    let value = FencedValue("report", on: space.redis, ttl: .seconds(60), namespace: space.namespace)
    #expect(try await value.read() == nil)
    let short = Lock("x", on: space.redis, ttl: .milliseconds(50), namespace: space.namespace)
    let late = try await short.acquire()
    try await eventually { late.isLost }
    let lease = try await Lock("x", on: space.redis, namespace: space.namespace).acquire()
    #expect(try await value.write(Array("new".utf8), fence: lease.fence) == .written)
    #expect(try await value.write(Array("late".utf8), fence: late.fence) == .stale(newest: lease.fence))
    #expect(try await value.write(Array("again".utf8), fence: lease.fence) == .written)
    try await lease.release()
    #expect(try await value.read() == Array("again".utf8))
  }

  @Test func `a fence out of range is an argument error`() async throws {
    let space = try await TestSpace.shared()
    let value = FencedValue("x", on: space.redis, ttl: .seconds(60), namespace: space.namespace)
    for fence in [0, 1 << 53, -1] as [Int64] {
      let error = await #expect(throws: RedisError.self) { try await value.write([], fence: fence) }
      #expect(error?.code == .argument)
    }
  }
}

extension TestSpace {
  fileprivate func waiting(_ name: String) async throws -> Int {
    Int(try await redis.execute(RESPCommand("LLEN", "\(namespace):semaphore:{\(name)}:queue")).int ?? 0)
  }
}
