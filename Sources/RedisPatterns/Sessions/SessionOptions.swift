import RESP

/// How long sessions last, and how many a user may have. The defaults are safe in production.
public struct SessionOptions: Sendable, Hashable {
  /// What happens to a login at the limit.
  public enum AtLimit: String, Sendable, Hashable {
    /// The session that would end first, the one unused for longest when all have the same idle time, is ended for it.
    case endFirst = "end_first"
    /// It is refused.
    case refuse
  }

  /// A session ends when it was not used for so long: 1 ms to 366 days.
  public var idle: Duration = .seconds(1800)
  /// It ends then, however much it is used: 1 ms to 366 days.
  public var lifetime: Duration = .seconds(43_200)
  /// How many a user may have at a time: 1 to 1000, 0 for any number.
  public var limit: Int = 0
  /// What a login at the limit meets.
  public var atLimit: AtLimit = .endFirst
  /// How long uses may lie apart without being written down; nil: a twentieth of `idle`, at most a minute.
  public var touchEvery: Duration?
  /// For how long an id that was replaced still reads: 0 to 60 s.
  public var grace: Duration = .seconds(15)

  /// The defaults.
  public init() {}

  /// Each as the property of its name says.
  public init(
    idle: Duration = .seconds(1800), lifetime: Duration = .seconds(43_200), limit: Int = 0,
    atLimit: AtLimit = .endFirst, touchEvery: Duration? = nil, grace: Duration = .seconds(15)
  ) {
    self.idle = idle
    self.lifetime = lifetime
    self.limit = limit
    self.atLimit = atLimit
    self.touchEvery = touchEvery
    self.grace = grace
  }

  /// As it is sent: whole microseconds, by the same rule in every language.
  func drawnTouchEvery() throws(RedisError) -> Duration {
    if let touchEvery { return touchEvery }
    return .microseconds(min(try NumberRule.ttl(idle, "idle") / 20, 60_000_000))
  }
}
