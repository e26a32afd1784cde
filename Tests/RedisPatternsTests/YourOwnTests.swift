import Hiredis
import RedisPatterns
import RedisPatternsTesting
import Testing

/// What `docs/testing.md` shows: a test as a user of the package would write it.
struct YourOwnTests {
  // --8<-- [start:test]
  @Test func `the third request of a minute is refused`() async throws {
    let server = try await RedisServer.start()  // private, on a unix socket, gone at the end
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let limiter = RateLimiter(on: redis, limit: .tokenBucket(2, per: .seconds(60)))

    for _ in 1...2 { #expect(try await limiter.take("user-1").isAllowed) }
    #expect(try await limiter.take("user-1").status == .denied)
  }
  // --8<-- [end:test]
}
