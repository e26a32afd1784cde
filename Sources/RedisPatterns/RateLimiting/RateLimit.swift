/// How much is allowed, and by which algorithm: one tier, or several that are charged together.
///
/// | | in any span of length `per`, at worst | memory of one id |
/// |---|---|---|
/// | `tokenBucket` | `burst + limit` | two numbers |
/// | `fixedWindow` | `2 * limit - 1`, aligned `2 * limit` | two numbers |
/// | `slidingWindow` | `2 * limit - 1` | three numbers |
/// | `slidingLog` | `limit` | 8 bytes a unit |
public struct RateLimit: Sendable, Hashable {
  /// How a tier counts. The raw values are Python's names.
  public enum Algorithm: String, Sendable, CaseIterable {
    /// Units flow back evenly (GCRA, the generic cell rate algorithm of ATM, ITU-T I.371).
    case tokenBucket = "token_bucket"
    /// A window begins with the first charge after the last one ended.
    case fixedWindow = "fixed_window"
    /// Windows begin at whole multiples of `per` since 1970 (UTC).
    case alignedWindow = "aligned_window"
    /// This window, and the share of the one before that still lies within `per`, as if its units had come evenly.
    case slidingWindow = "sliding_window"
    /// Every unit with its moment, in a ring.
    case slidingLog = "sliding_log"
  }

  /// One tier: `limit` units per `per`.
  public struct Tier: Sendable, Hashable {
    /// 1 to 32 of `A-Z a-z 0-9 _ -`; it names the tier in decisions and in the stored hash.
    public let name: String
    /// Units in `per`: 1 to 2^52 in a bucket, to 2^45 in a window, to 100000 in a log.
    public let limit: Int
    /// 1 µs to 366 days, in whole microseconds.
    public let per: Duration
    /// Units that may be spent at once, after a rest: the limit, unless it is a token bucket with a burst of its own.
    public let burst: Int
    /// How the tier counts.
    public let algorithm: Algorithm

    /// A token bucket: `limit` units flow back every `per`, and `burst` of them fit.
    public init(_ name: String, _ limit: Int, per: Duration, burst: Int? = nil) {
      self.init(name, limit, per: per, burst: burst ?? limit, by: .tokenBucket)
    }

    /// A tier of another algorithm, whose burst is its limit.
    public init(_ name: String, _ limit: Int, per: Duration, by algorithm: Algorithm) {
      self.init(name, limit, per: per, burst: limit, by: algorithm)
    }

    package init(_ name: String, _ limit: Int, per: Duration, burst: Int, by algorithm: Algorithm) {
      self.name = name
      self.limit = limit
      self.per = per
      self.burst = burst
      self.algorithm = algorithm
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

  /// `limit` units in each window.
  ///
  /// - Parameter aligned: windows begin at whole multiples of `per` since 1970 (UTC), so that one of 86400 s is a day
  ///   from midnight to midnight; otherwise with the first charge after the last one ended.
  public static func fixedWindow(_ limit: Int, per: Duration, aligned: Bool = false) -> RateLimit {
    RateLimit(tiers: [Tier("default", limit, per: per, by: aligned ? .alignedWindow : .fixedWindow)])
  }

  /// `limit` units in about any window: two counters, whatever the limit.
  public static func slidingWindow(_ limit: Int, per: Duration) -> RateLimit {
    RateLimit(tiers: [Tier("default", limit, per: per, by: .slidingWindow)])
  }

  /// Never more than `limit` units (at most 100000) in any window.
  public static func slidingLog(_ limit: Int, per: Duration) -> RateLimit {
    RateLimit(tiers: [Tier("default", limit, per: per, by: .slidingLog)])
  }

  /// 1 to 8 tiers in one call: all are charged, or none is. They are all token buckets, or all windows.
  public static func tiers(_ tiers: [Tier]) -> RateLimit {
    RateLimit(tiers: tiers)
  }
}
