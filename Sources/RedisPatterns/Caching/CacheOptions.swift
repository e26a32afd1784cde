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

  /// Who finds a stale value first: does it wait for the load, or get the stale value too?
  public var refresh: Refresh = .foreground
  /// With `background`: the last part of the ttl in which a fresh value may be renewed already, the sooner the longer
  /// its load takes. 0 to 0.5.
  public var early: Double = 0
  /// How many keys are loaded in the background at a time; above that the caller loads and waits. 1 to 1000.
  public var refreshes: Int = 16

  /// What becomes of a stale value within its grace.
  public enum Refresh: String, Sendable, CaseIterable {
    /// One caller loads and waits for the load; the others get the stale value.
    case foreground
    /// All get the stale value, and one load runs beside.
    case background
  }

  /// The defaults.
  public init() {}

  /// Each as the property of its name says.
  public init(
    ttl: Duration = .seconds(60), grace: Duration = .zero, jitter: Double = 0.1, negativeTTL: Duration = .seconds(10),
    lease: Duration = .seconds(10), backoff: Duration = .seconds(1), wait: Duration = .seconds(10),
    refresh: Refresh = .foreground, early: Double = 0, refreshes: Int = 16
  ) {
    self.ttl = ttl
    self.grace = grace
    self.jitter = jitter
    self.negativeTTL = negativeTTL
    self.lease = lease
    self.backoff = backoff
    self.wait = wait
    self.refresh = refresh
    self.early = early
    self.refreshes = refreshes
  }

  /// Everything that a load would trip over later, before anything is sent.
  func check() throws(RedisError) {
    _ = try NumberRule.ttl(ttl)
    _ = try NumberRule.time(grace, "grace", from: 0, to: NumberRule.longestInHeader)
    _ = try NumberRule.ttl(negativeTTL, "negativeTTL")
    _ = try NumberRule.ttl(lease, "lease")
    _ = try NumberRule.time(backoff, "backoff", from: 0)
    guard (0...0.5).contains(jitter) else { throw .argument("jitter is \(jitter), not between 0 and 0.5") }
    guard (0...0.5).contains(early) else { throw .argument("early is \(early), not between 0 and 0.5") }
    _ = try NumberRule.count(Int64(refreshes), "refreshes", to: 1000)
  }

  /// The life of one fill.
  func drawnTTL() -> Duration {
    let drawn = ttl * (1 + jitter * Double.random(in: -1...1))
    return min(max(drawn, .milliseconds(1)), .microseconds(NumberRule.longest))
  }

  /// How long a tag must live so that no entry outlives it, also after a load of a minute.
  var tagLife: Duration { max(ttl * (1 + jitter), negativeTTL) + grace + .seconds(60) }

  /// How long before its end a value is renewed this time.
  ///
  /// After Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015), but
  /// bounded: the largest of many draws grows with their number, and would renew all the time.
  func drawnEarly(load: Duration) -> Duration {
    guard refresh == .background, early > 0 else { return .zero }
    return min(load * exponential(), ttl * early)
  }

  /// Exponentially distributed with mean 1 (von Neumann, 1951): without a logarithm, which needs another library.
  private func exponential() -> Double {
    var whole = 0.0
    while true {
      let first = Double.random(in: 0..<1)
      var (last, run) = (first, 1)
      while true {
        let next = Double.random(in: 0..<1)
        if next >= last { break }
        last = next
        run += 1
      }
      if run % 2 == 1 { return whole + first }
      whole += 1
    }
  }
}
