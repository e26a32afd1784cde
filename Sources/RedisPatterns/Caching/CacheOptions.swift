import RESP

/// How long things last. The defaults are safe in production; every duration is at least 1 ms unless it says otherwise.
public struct CacheOptions: Sendable, Hashable {
  /// How long an entry is fresh.
  public var ttl: Duration = .seconds(60)
  /// How long a stale entry is kept for when the source fails or is busy: 0 to 49 days.
  public var grace: Duration = .zero
  /// Part of the ttl, either way, drawn at each fill: entries made together do not end together. 0 to 0.5.
  public var jitter: Double = 0.1
  /// How long "the source has no such thing" is believed; without grace.
  public var negativeTTL: Duration = .seconds(10)
  /// How long others wait for a loader that died; a live one renews every third of it.
  public var lease: Duration = .seconds(10)
  /// How long the whole fleet leaves the source alone after a load failed. Zero: not at all.
  public var backoff: Duration = .seconds(1)
  /// How long a caller waits for another's load. Zero: not at all.
  public var wait: Duration = .seconds(10)

  public init() {}

  public init(
    ttl: Duration = .seconds(60), grace: Duration = .zero, jitter: Double = 0.1, negativeTTL: Duration = .seconds(10),
    lease: Duration = .seconds(10), backoff: Duration = .seconds(1), wait: Duration = .seconds(10)
  ) {
    self.ttl = ttl
    self.grace = grace
    self.jitter = jitter
    self.negativeTTL = negativeTTL
    self.lease = lease
    self.backoff = backoff
    self.wait = wait
  }

  /// Everything that a load would trip over later, before anything is sent.
  func check() throws(RedisError) {
    _ = try NumberRule.ttl(ttl)
    _ = try NumberRule.time(grace, "grace", from: 0, to: NumberRule.longestInHeader)
    _ = try NumberRule.ttl(negativeTTL, "negativeTTL")
    _ = try NumberRule.ttl(lease, "lease")
    _ = try NumberRule.time(backoff, "backoff", from: 0)
    guard (0...0.5).contains(jitter) else { throw .argument("jitter is \(jitter), not between 0 and 0.5") }
  }

  /// The life of one fill.
  func drawnTTL() -> Duration {
    let drawn = ttl * (1 + jitter * Double.random(in: -1...1))
    return min(max(drawn, .milliseconds(1)), .microseconds(NumberRule.longest))
  }
}
