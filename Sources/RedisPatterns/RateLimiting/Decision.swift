/// What the limiter said. A failure of the store is never a decision: it is thrown.
public struct Decision: Sendable, Hashable {
  /// The three answers; the same words in Python.
  public enum Status: String, Sendable {
    /// Every tier was charged.
    case allowed
    /// No tier was charged and nothing was written; waiting `retryAfter` is enough, when nobody else comes first.
    case denied
    /// The cost is larger than a tier's burst or limit: waiting will never help.
    case impossible
  }

  /// Allowed, denied, or never possible.
  public let status: Status
  /// The binding tier: the one with the least left, or the one that refuses for longest.
  public let tier: String
  /// Exact to the microsecond; zero unless denied.
  public let retryAfter: Duration
  /// Each tier after this decision, in the order of the limit.
  public let tiers: [TierState]

  /// For tests of your own.
  public init(status: Status, tier: String, retryAfter: Duration, tiers: [TierState]) {
    self.status = status
    self.tier = tier
    self.retryAfter = retryAfter
    self.tiers = tiers
  }

  /// Whether the work may begin.
  public var isAllowed: Bool { status == .allowed }

  /// Whole units left in the binding tier.
  public var remaining: Int { tiers.first { $0.name == tier }?.remaining ?? 0 }
}

/// One tier of a limit, as a decision found it.
public struct TierState: Sendable, Hashable {
  /// The name that the limit gave it; `default` where it gave none.
  public let name: String
  /// Whole units that could be spent now.
  public let remaining: Int
  /// Until nothing counts any more, or the bucket is full again; exact to the microsecond.
  public let resetAfter: Duration

  /// For tests of your own.
  public init(name: String, remaining: Int, resetAfter: Duration) {
    self.name = name
    self.remaining = remaining
    self.resetAfter = resetAfter
  }
}

/// What became of a refund.
public enum Refund: Sendable, Hashable {
  /// `units` were charged to this request and are given back, to a token bucket what of them had not drained since; a
  /// repeat says the same and gives nothing again.
  case refunded(units: Int, tiers: [TierState])
  /// What it was charged to is gone, or the server's clock was set back since, so that its units cannot be told from
  /// others': nothing was given back. A token bucket never says so.
  case passed
  /// No charge of this request is on record (any more): nothing was given back.
  case unknown
}
