import RESP

/// Players by score; of equal scores, the one reached first stands first.
///
/// ```swift
/// let board = Leaderboard("game", on: redis, options: .init(windows: [.all, .day]))
/// try await board.submit("ann", 100, mode: .best)
/// let page = try await board.page(count: 10)
/// ```
///
/// Scores are whole numbers up to 2^52 either way, and exact; ties are exact at any score, because the time is part of
/// the member and not packed into a float.
public struct Leaderboard: Sendable {
  /// What the board is called.
  public let name: String
  /// What the board is.
  public let options: LeaderboardOptions
  private let redis: any RedisExecutor
  private let calls: Result<BoardCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, with the options, so that making a board cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, options: LeaderboardOptions = .init(), namespace: String? = nil
  ) {
    self.name = name
    self.options = options
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try BoardCalls(name, options: options, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Gives a player a score in every window.
  ///
  /// - Throws: `RedisError`. Repeating `set` and `best` after a lost reply is safe; `add` may then count twice.
  @discardableResult
  public func submit(_ id: String, _ score: Int, mode: ScoreMode = .set) async throws(RedisError) -> Submission {
    let calls = try calls.get()
    return try calls.submission(try await redis.run(try calls.submit(id, score: Int64(score), mode: mode)))
  }

  /// Up to 1000 players from rank `first` on.
  ///
  /// - Parameter previous: of the period before the one that runs.
  public func page(
    _ window: BoardWindow = .all, previous: Bool = false, first: Int = 1, count: Int = 10
  ) async throws(RedisError) -> BoardPage {
    let call = try calls.get().page(window, previous: previous, first: Int64(first), count: Int64(count))
    let (players, rows) = try BoardCalls.page(try await redis.run(call))
    return BoardPage(players: players, rows: rows ?? [])
  }

  /// `count` players with this one in the middle; at an end of the board the page is moved, not cut.
  ///
  /// - Returns: nil when the player is not on the board.
  public func around(
    _ id: String, window: BoardWindow = .all, previous: Bool = false, count: Int = 5
  ) async throws(RedisError) -> BoardPage? {
    let call = try calls.get().around(id, window: window, previous: previous, count: Int64(count))
    let (players, rows) = try BoardCalls.page(try await redis.run(call))
    return rows.map { BoardPage(players: players, rows: $0) }
  }

  /// Takes a player off, in every window; whether there was one. Works when the server's memory is full.
  @discardableResult
  public func remove(_ id: String) async throws(RedisError) -> Bool {
    try BoardCalls.removed(try await redis.run(try calls.get().remove(id))) == .removed
  }
}

/// What came of a submission.
public enum Submission: Sendable, Hashable {
  /// In the order of the board's windows.
  case submitted([BoardPlace])
  /// A sum would leave the numbers that are exact (2^52): nothing was written.
  case refused

  /// The places; none when it was refused.
  public var places: [BoardPlace] { if case .submitted(let places) = self { places } else { [] } }
}

/// What a submission came to in one window. Ranks count from 1.
public struct BoardPlace: Sendable, Hashable {
  /// Which window it is in.
  public let window: BoardWindow
  /// The one that counts there.
  public let score: Int
  /// nil when the board is full and the player among the last.
  public let rank: Int?
  /// nil for a player who was not on the board.
  public let scoreBefore: Int?
  /// nil for a player who was not on the board.
  public let rankBefore: Int?
}

/// A part of a board.
public struct BoardPage: Sendable, Hashable {
  /// How many the whole board has.
  public let players: Int
  /// By rank.
  public let rows: [BoardRow]
}

/// One player on a page.
public struct BoardRow: Sendable, Hashable {
  /// The member, as submitted.
  public let id: String
  /// The one that counts there.
  public let score: Int
  /// From 1.
  public let rank: Int
}
