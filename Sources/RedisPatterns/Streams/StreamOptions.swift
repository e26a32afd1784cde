/// Where a group begins to read.
public enum StreamStart: Sendable, Hashable {
  /// With what the stream holds.
  case beginning
  /// With what comes from now on.
  case end
  /// With the message after this id.
  case after(String)

  var word: String {
    switch self {
    case .beginning: "0"
    case .end: "$"
    case .after(let id): id
    }
  }
}

/// How a consumer works. All consumers of one group must use the same `idle`.
public struct StreamOptions: Sendable, Hashable {
  /// Where a new group begins.
  public var start = StreamStart.beginning
  /// Where the group begins when it vanished under us: deleted, flushed, or lost in a failover.
  public var heal = StreamStart.beginning
  /// How many messages are in hand at a time; 1 to 1000.
  public var concurrency = 10
  /// After so many deliveries a message goes to the dead letters; 1 to 1,000,000.
  public var maxDeliveries = 5
  /// How long a message of a consumer that died lies before another takes it; 1 ms to 366 days.
  public var idle = Duration.seconds(60)
  /// The pause before the second try. It doubles with each one, up to `idle`; half of it is left to chance.
  public var backoff = Duration.seconds(1)
  /// How long a read waits for messages, so a retry or a stop may come that much late; 1 ms to 60 s.
  public var wait = Duration.seconds(1)
  /// How long a stop waits for handlers.
  public var grace = Duration.seconds(25)
  /// About how many dead letters stay.
  public var maxDeadLetters = 10_000

  public init() {}
}

/// What a consumer did since it was made.
public struct StreamStats: Sendable, Hashable {
  /// Messages that were new.
  public var received = 0
  /// Messages that were delivered before, to somebody else or to us.
  public var claimed = 0
  /// Messages whose handler returned, and that are done.
  public var acked = 0
  /// Handlers that threw, whose message is tried again.
  public var retried = 0
  /// Messages that were given back at the stop.
  public var released = 0
  /// Messages that went to the dead letters with their content.
  public var buried = 0
  /// Messages that had been cut off the stream before they were acknowledged.
  public var trimmed = 0
  /// Deliveries that somebody else took over while we worked.
  public var lost = 0
  /// How often the group was gone and was made anew.
  public var healed = 0
  /// How often the store failed.
  public var reconnects = 0
  /// The last answer to a read. A consumer that works reads at least every `wait`, or has its hands full.
  public var lastRead: ContinuousClock.Instant?

  public init() {}
}
