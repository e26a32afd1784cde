import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.noImmortalKeys) struct `The rate limiter` {
  @Test func `a bucket lets its burst through and then says how long to wait`() async throws {
    let space = try await TestSpace.shared()
    let limiter = RateLimiter(
      on: space.redis, limit: .tokenBucket(1, per: .seconds(60), burst: 3), namespace: space.namespace)
    for left in [2, 1, 0] {
      let decision = try await limiter.take("a")
      #expect(decision.isAllowed && decision.remaining == left)
    }
    let denied = try await limiter.take("a")
    #expect(denied.status == .denied)
    #expect(denied.retryAfter > .seconds(50) && denied.retryAfter <= .seconds(60))
    #expect(try await limiter.take("b").isAllowed)
  }

  @Test func `a cost above the burst is impossible, not denied`() async throws {
    let space = try await TestSpace.shared()
    let limiter = RateLimiter(on: space.redis, limit: .tokenBucket(5, per: .seconds(1)), namespace: space.namespace)
    #expect(try await limiter.take("a", cost: 6).status == .impossible)
    #expect(try await limiter.peek("a").remaining == 5)
  }

  @Test func `a tier that refuses keeps the others from being charged`() async throws {
    let space = try await TestSpace.shared()
    let limiter = RateLimiter(
      on: space.redis,
      limit: .tiers([.init("second", 10, per: .seconds(60)), .init("day", 2, per: .seconds(86_400))]),
      namespace: space.namespace)
    #expect(try await limiter.take("a", cost: 2).isAllowed)
    let denied = try await limiter.take("a")
    #expect(denied.status == .denied && denied.tier == "day")
    #expect(denied.tiers.first?.remaining == 8)
  }

  @Test func `a request that is repeated is charged once, and refunded once`() async throws {
    let space = try await TestSpace.shared()
    let limiter = RateLimiter(on: space.redis, limit: .tokenBucket(5, per: .seconds(3600)), namespace: space.namespace)
    let first = try await limiter.take("a", cost: 3, request: "r1")
    #expect(try await limiter.take("a", cost: 3, request: "r1") == first)
    #expect(try await limiter.peek("a").remaining == 2)
    for _ in 0..<2 {
      guard case .refunded(3, let tiers) = try await limiter.refund("a", request: "r1") else {
        Issue.record("not refunded")
        return
      }
      #expect(tiers.first?.remaining == 5)
    }
    #expect(try await limiter.refund("a", request: "r2") == .unknown)
  }

  @Test(arguments: [0, -1, Int.max]) func `a wrong cost is refused before anything is sent`(cost: Int) async throws {
    let limiter = RateLimiter(on: Unreachable(), limit: .tokenBucket(5, per: .seconds(1)))
    let error = await #expect(throws: RedisError.self) { try await limiter.take("a", cost: cost) }
    #expect(error?.code == .argument && error?.execution == .notExecuted)
  }

  @Test func `a store that is down is an error, never a denial`() async throws {
    let limiter = RateLimiter(on: Unreachable(), limit: .tokenBucket(5, per: .seconds(1)))
    let error = await #expect(throws: RedisError.self) { try await limiter.take("a") }
    #expect(error?.code == .connect)
  }

  @Test func `it needs nothing of a client but execute`() async throws {
    let space = try await TestSpace.shared()
    let limiter = RateLimiter(
      on: try space.plain(), limit: .tokenBucket(2, per: .seconds(60)), namespace: space.namespace)
    #expect(try await limiter.take("a", cost: 2).isAllowed)
    #expect(try await limiter.take("a").status == .denied)
  }
}

/// A client that never reaches a server.
struct Unreachable: RedisExecutor {
  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    throw RedisError(.connect, "nobody is there", execution: .notExecuted, command: command.name)
  }
}
