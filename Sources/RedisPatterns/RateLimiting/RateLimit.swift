/// How much is allowed: one or several token buckets that are charged together.
///
/// In any span of time `t` a tier admits at most `burst + limit * t / per` units; over one `per` with the default burst
/// that is twice the limit in the worst case.
public struct RateLimit: Sendable, Hashable {
  /// One token bucket: `limit` units flow back every `per`, and `burst` of them fit.
  public struct Tier: Sendable, Hashable {
    /// 1 to 32 of `A-Z a-z 0-9 _ -`; it names the tier in decisions and in the stored hash.
    public let name: String
    /// Units that flow back in `per`, evenly.
    public let limit: Int
    /// 1 µs to 366 days, in whole microseconds.
    public let per: Duration
    /// Units that may be spent at once, after a rest.
    public let burst: Int

    public init(_ name: String, _ limit: Int, per: Duration, burst: Int? = nil) {
      self.name = name
      self.limit = limit
      self.per = per
      self.burst = burst ?? limit
    }
  }

  /// In the order in which decisions list them.
  public let tiers: [Tier]

  /// A single bucket: `.tokenBucket(100, per: .seconds(1), burst: 200)`.
  ///
  /// - Parameter burst: the limit itself unless told otherwise.
  public static func tokenBucket(_ limit: Int, per: Duration, burst: Int? = nil) -> RateLimit {
    RateLimit(tiers: [Tier("default", limit, per: per, burst: burst)])
  }

  /// 1 to 8 buckets in one call: all are charged, or none is.
  public static func tiers(_ tiers: [Tier]) -> RateLimit {
    RateLimit(tiers: tiers)
  }
}
