/// What a leaderboard is.
public struct LeaderboardOptions: Sendable, Hashable {
  /// Kept side by side, in the order in which a submission lists them.
  public var windows: [BoardWindow]
  /// Which score is the better one.
  public var order: BoardOrder
  /// Players kept, 1 to 2^52; the last ones leave.
  public var most: Int
  /// A board that nobody submits to for so long ends; 1 ms to 366 days. Windows but `all` end with their next period.
  public var ttl: Duration
  /// Added to the server's clock before hours, days, weeks and months are told apart; -14 to 14 hours.
  public var zone: Duration

  /// Made of its parts; each is explained at its property.
  public init(
    windows: [BoardWindow] = [.all], order: BoardOrder = .high, most: Int = 1_000_000,
    ttl: Duration = .seconds(30 * 86_400), zone: Duration = .zero
  ) {
    self.windows = windows
    self.order = order
    self.most = most
    self.ttl = ttl
    self.zone = zone
  }
}

/// A span of time that a leaderboard keeps scores for.
public enum BoardWindow: String, Sendable, CaseIterable {
  /// Never begins anew.
  case all
  case hour
  case day
  /// From Monday.
  case week
  /// From the first.
  case month
}

/// Which score is the better one.
public enum BoardOrder: String, Sendable, CaseIterable {
  case high, low
}

/// What a submitted score does to the one that stands.
public enum ScoreMode: String, Sendable, CaseIterable {
  /// It replaces it.
  case set
  /// It is added to it.
  case add
  /// It replaces it, if it is better.
  case best
}
