import RESP
import RedisPatterns
import TestSupport

/// A random history of one board, in virtual time: submissions, pages, removals, a clock that is set back.
struct BoardWorld {
  private static let scores = [-3, -1, 0, 1, 2, 2, 3, 3, 1 << 52, -(1 << 52), 1 << 52 - 1]
  private static let hourUs: Int64 = 3_600_000_000
  private let calls: BoardCalls
  private var oracle: BoardOracle
  private(set) var nowUs: Int64

  init(_ number: Int, using chance: inout SeededGenerator) throws {
    let windows = BoardWindow.allCases.shuffled(using: &chance).prefix(Int.random(in: 1...5, using: &chance))
    let zones = [0, 0, 2, -11, 14]
    let options = LeaderboardOptions(
      windows: Array(windows), order: Bool.random(using: &chance) ? .high : .low,
      most: [2, 5, 1_000_000].randomElement(using: &chance) ?? 2,
      ttl: .seconds(3600 * ([1, 24, 720].randomElement(using: &chance) ?? 1)),
      zone: .seconds(3600 * (zones.randomElement(using: &chance) ?? 0)))
    calls = try BoardCalls("game\(number)", options: options)
    oracle = BoardOracle(options)
    nowUs = 4_102_444_800_000_000 + Int64.random(in: 0..<366 * 24, using: &chance) * Self.hourUs
  }

  mutating func setBack(using chance: inout SeededGenerator) {
    oracle.expire(nowUs: nowUs)
    let spans: [Int64] = [1, 3 * Self.hourUs, 70 * 24 * Self.hourUs]
    let furthest = spans.randomElement(using: &chance) ?? 1
    nowUs -= Int64.random(in: 1...furthest, using: &chance)
  }

  mutating func next(using chance: inout SeededGenerator) throws -> OracleStep {
    let spans: [Int64] = [0, 1, Self.hourUs, Self.hourUs, 9 * 24 * Self.hourUs]
    let furthest = spans.randomElement(using: &chance) ?? 0
    nowUs += Int64.random(in: 0...furthest, using: &chance)
    let id = "p\(Int.random(in: 0..<8, using: &chance))"
    let roll = Int.random(in: 0..<100, using: &chance)
    if roll < 60 {
      let mode = ScoreMode.allCases.randomElement(using: &chance) ?? .set
      let score = Self.scores.randomElement(using: &chance) ?? 0
      let calls = calls
      return OracleStep(
        call: try calls.submit(id, score: Int64(score), mode: mode, nowUs: nowUs),
        expected: oracle.submit(id, score, mode, nowUs: nowUs)
      ) { Self.text(try calls.submission($0)) }
    }
    if roll < 65 {
      return OracleStep(call: try calls.remove(id, nowUs: nowUs), expected: oracle.remove(id, nowUs: nowUs)) {
        try BoardCalls.removed($0).rawValue
      }
    }
    let window = oracle.options.windows.randomElement(using: &chance) ?? .all
    let previous = window != .all && Int.random(in: 0..<5, using: &chance) < 2
    let count = Int.random(in: 1...9, using: &chance)
    if roll < 82 {
      let first = Int.random(in: 1...9, using: &chance)
      return OracleStep(
        call: try calls.page(window, previous: previous, first: Int64(first), count: Int64(count), nowUs: nowUs),
        expected: oracle.page(window, previous: previous, first: first, count: count, nowUs: nowUs), read: Self.page)
    }
    return OracleStep(
      call: try calls.around(id, window: window, previous: previous, count: Int64(count), nowUs: nowUs),
      expected: oracle.around(id, window, previous: previous, count: count, nowUs: nowUs), read: Self.page)
  }

  static func place(_ window: BoardWindow, _ score: Int, rank: Int, _ before: Int?, rankBefore: Int) -> String {
    "\(window.rawValue) \(score) at \(rank), before \(before.map(String.init) ?? "none") at \(rankBefore)"
  }

  static func page(_ players: Int, _ rows: [(id: String, score: Int, rank: Int)]) -> String {
    "page of \(players): " + rows.map { "\($0.rank) \($0.id) \($0.score)" }.joined(separator: ", ")
  }

  private static func text(_ submission: Submission) -> String {
    if submission == .refused { return "refused" }
    return submission.places
      .map { place($0.window, $0.score, rank: $0.rank ?? 0, $0.scoreBefore, rankBefore: $0.rankBefore ?? 0) }
      .joined(separator: "; ")
  }

  private static func page(_ reply: RESPValue) throws -> String {
    let (players, rows) = try BoardCalls.page(reply)
    guard let rows else { return "absent of \(players)" }
    return page(players, rows.map { ($0.id, $0.score, $0.rank) })
  }
}
