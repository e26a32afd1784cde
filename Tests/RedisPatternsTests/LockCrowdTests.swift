import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `A crowd at the lock` {
  @Test func `hundreds of waiting tasks are served in their order`() async throws {
    let space = try await TestSpace.shared()
    let lock = Lock("x", on: space.redis, ttl: .seconds(60), patience: .seconds(60), namespace: space.namespace)
    let queue = "\(space.namespace):lock:{x}:queue"
    let order = Box<[Int]>([])
    let holder = try await lock.acquire()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<300 {
        group.addTask { try await lock.withLock(wait: .seconds(60)) { _ in order.update { $0.append(number) } } }
        try await eventually { try await space.redis.execute(RESPCommand("LLEN", queue)).int == Int64(number + 1) }
      }
      try await holder.release()
      try await group.waitForAll()
    }
    #expect(order.value == Array(0..<300))
    #expect(try await space.redis.execute(RESPCommand("EXISTS", queue)).int == 0)
  }
}
