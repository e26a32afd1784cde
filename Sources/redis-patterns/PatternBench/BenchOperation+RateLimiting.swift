import RESP
import RedisPatterns

extension BenchOperation {
  static let rateLimiting: [BenchOperation] = [
    take("take, token bucket", .tokenBucket(1_000_000, per: .seconds(1))),
    take(
      "take, token bucket of 3 tiers",
      .tiers([
        .init("second", 1_000_000, per: .seconds(1)), .init("minute", 1_000_000, per: .seconds(60)),
        .init("hour", 1_000_000, per: .seconds(3600)),
      ])),
    BenchOperation("rate_limiting: take, token bucket, denied") { redis in
      let limiter = RateLimiter(on: redis, limit: .tokenBucket(1, per: .seconds(86_400)))
      _ = try await limiter.take("user")
      return { _ in _ = try await limiter.take("user") }
    },
    BenchOperation("rate_limiting: take, with a request id") { redis in
      let limiter = RateLimiter(on: redis, limit: .tokenBucket(1_000_000, per: .seconds(1)))
      return { at in _ = try await limiter.take("user", request: "r\(at)") }
    },
    take("take, fixed window", .fixedWindow(1_000_000, per: .seconds(60))),
    take("take, sliding window", .slidingWindow(1_000_000, per: .seconds(60))),
    take("take, sliding log of 100", .slidingLog(100, per: .milliseconds(1))),
  ]

  private static func take(_ name: String, _ limit: RateLimit) -> BenchOperation {
    BenchOperation("rate_limiting: \(name)") { redis in
      let limiter = RateLimiter(on: redis, limit: limit)
      return { _ in _ = try await limiter.take("user") }
    }
  }
}
