import RESP
import RedisPatterns

/// A rate limit in Swift: the same keys, scripts and lines as `rate_limiting.py`.
public enum RateLimitingExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:take]
    let limiter = RateLimiter(on: redis, limit: .tokenBucket(3, per: .seconds(3600)), namespace: namespace)
    var retryAfter = Duration.zero
    for _ in 1...4 {
      let decision = try await limiter.take("user:42")
      say("\(decision.status), \(decision.remaining) left")
      retryAfter = decision.retryAfter
    }
    // --8<-- [end:take]
    say("come back in \((retryAfter.components.seconds + 60) / 60) minutes")

    // --8<-- [start:tiers]
    let uploads = RateLimiter(
      on: redis,
      limit: .tiers([
        .init("burst", 10, per: .seconds(30 * 60)),
        .init("hour", 12, per: .seconds(60 * 60)),
      ]),
      namespace: namespace)
    _ = try await uploads.take("team:7", cost: 9)
    let decision = try await uploads.take("team:7", cost: 2)
    say("\(decision.status) by \(decision.tier)")
    for tier in decision.tiers { say("\(tier.name): \(tier.remaining) left") }
    // --8<-- [end:tiers]

    // --8<-- [start:refund]
    let first = try await uploads.take("team:8", cost: 4, request: "upload-1")
    // The reply was lost: the same request again, charged once.
    let again = try await uploads.take("team:8", cost: 4, request: "upload-1")
    say("the repeat is answered the same: \(again == first ? "yes" : "no")")
    if case .refunded(let units, let tiers) = try await uploads.refund("team:8", request: "upload-1") {
      say("refunded \(units), \(tiers[0].remaining) left")
    }
    // --8<-- [end:refund]

    // --8<-- [start:impossible]
    say("a cost of 11 is \(try await uploads.peek("team:8", cost: 11).status)")
    // --8<-- [end:impossible]

    // --8<-- [start:windows]
    let mails = RateLimiter(
      on: redis,
      limit: .tiers([
        .init("hour", 3, per: .seconds(3600), by: .slidingWindow),
        .init("day", 20, per: .seconds(86_400), by: .alignedWindow),
      ]),
      namespace: namespace)
    let three = try await mails.take("team:9", cost: 3)
    let fourth = try await mails.take("team:9")
    say("\(three.status), then \(fourth.status) by \(fourth.tier)")
    // --8<-- [end:windows]

    // --8<-- [start:log]
    let exports = RateLimiter(on: redis, limit: .slidingLog(2, per: .seconds(3600)), namespace: namespace)
    for _ in 1...3 {
      let decision = try await exports.take("user:44")
      say("export \(decision.status)")
    }
    // --8<-- [end:log]

    // --8<-- [start:concurrent]
    let five = RateLimiter(on: redis, limit: .tokenBucket(5, per: .seconds(3600)), namespace: namespace)
    let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 1...20 { group.addTask { try await five.take("user:43").isAllowed } }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    // --8<-- [end:concurrent]
    say("of 20 at once \(allowed) are allowed")
  }
}
