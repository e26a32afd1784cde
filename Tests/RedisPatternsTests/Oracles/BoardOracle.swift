import Foundation
import RedisPatterns

/// The leaderboard as a sorted list and Foundation's calendar: what the scripts must answer, written without looking at
/// them. Answers are lines of text, as `BoardWorld` writes the replies.
struct BoardOracle {
  private struct Player {
    let score: Int
    let turn: Int
  }

  private struct Table {
    var players: [String: Player] = [:]
    /// Of a window that has no periods.
    var untilUs: Int64?
  }

  private struct Name: Hashable {
    let window: BoardWindow
    let period: [Int]
  }

  static let largest = 1 << 52
  let options: LeaderboardOptions
  private var tables: [Name: Table] = [:]
  /// When each window was last written to: a clock that is set back does not bring a period back.
  private var latest: [BoardWindow: Int64] = [:]
  private var turn = 0
  private var calendar = BoardCalendar()

  init(_ options: LeaderboardOptions) { self.options = options }

  mutating func submit(_ id: String, _ score: Int, _ mode: ScoreMode, nowUs: Int64) -> String {
    turn += 1
    var changes: [(old: Player?, new: Int)] = []
    for window in options.windows {
      let old = table(window, nowUs).players[id]
      var new = mode == .add ? (old?.score ?? 0) + score : score
      if abs(new) > Self.largest { return "refused" }
      if mode == .best, let old, options.order == .low ? new >= old.score : new <= old.score { new = old.score }
      changes.append((old, new))
    }
    var places: [String] = []
    for (window, change) in zip(options.windows, changes) {
      var table = table(window, nowUs)
      latest[window] = max(nowUs, latest[window] ?? 0)
      let before = standing(table)
      if change.old?.score != change.new { table.players[id] = Player(score: change.new, turn: turn) }
      if window == .all { table.untilUs = nowUs + options.ttlUs }
      for last in standing(table).dropFirst(options.most) { table.players[last] = nil }
      let after = standing(table)
      tables[name(window, nowUs)] = table
      places.append(
        BoardWorld.place(
          window, change.new, rank: rank(of: id, in: after), change.old?.score, rankBefore: rank(of: id, in: before)))
    }
    return places.joined(separator: "; ")
  }

  mutating func page(_ window: BoardWindow, previous: Bool, first: Int, count: Int, nowUs: Int64) -> String {
    let table = table(window, nowUs, previous: previous)
    let ids = standing(table)
    let rows = ids.enumerated().dropFirst(first - 1).prefix(count)
    return BoardWorld.page(ids.count, rows.map { ($0.element, table.players[$0.element]?.score ?? 0, $0.offset + 1) })
  }

  mutating func around(_ id: String, _ window: BoardWindow, previous: Bool, count: Int, nowUs: Int64) -> String {
    let ids = standing(table(window, nowUs, previous: previous))
    guard let at = ids.firstIndex(of: id) else { return "absent of \(ids.count)" }
    let first = max(0, min(at - (count - 1) / 2, ids.count - count))
    return page(window, previous: previous, first: first + 1, count: count, nowUs: nowUs)
  }

  mutating func remove(_ id: String, nowUs: Int64) -> String {
    var found = false
    for window in options.windows {
      for previous in window == .all ? [false] : [false, true] {
        var table = table(window, nowUs, previous: previous)
        guard table.players.removeValue(forKey: id) != nil else { continue }
        found = true
        tables[name(window, nowUs, previous: previous)] = table
      }
    }
    return found ? "removed" : "absent"
  }

  /// What has ended is gone, also for a clock that is set back.
  mutating func expire(nowUs: Int64) {
    for (name, table) in tables {
      let isOver =
        if let untilUs = table.untilUs { untilUs <= nowUs } else {
          name.period.lexicographicallyPrecedes(
            calendar.period(name.window, at: nowUs + options.zoneUs, previous: true))
        }
      if isOver { tables[name] = nil }
    }
    for (window, us) in latest {
      let period = calendar.period(window, at: us + options.zoneUs, previous: false)
      if tables[Name(window: window, period: period)] == nil { latest[window] = nil }
    }
  }

  private mutating func name(_ window: BoardWindow, _ nowUs: Int64, previous: Bool = false) -> Name {
    let moment = max(nowUs, latest[window] ?? 0) + options.zoneUs
    return Name(window: window, period: calendar.period(window, at: moment, previous: previous))
  }

  private mutating func table(_ window: BoardWindow, _ nowUs: Int64, previous: Bool = false) -> Table {
    guard let found = tables[name(window, nowUs, previous: previous)], (found.untilUs ?? .max) > nowUs else {
      return Table()
    }
    return found
  }

  private func standing(_ table: Table) -> [String] {
    let sign = options.order == .low ? 1 : -1
    return table.players.sorted { ($0.value.score * sign, $0.value.turn) < ($1.value.score * sign, $1.value.turn) }
      .map(\.key)
  }

  private func rank(of id: String, in ids: [String]) -> Int { (ids.firstIndex(of: id) ?? -1) + 1 }
}

/// The periods by Foundation's calendar.
private struct BoardCalendar {
  private struct Question: Hashable {
    let window: BoardWindow
    let hour: Int64
    let previous: Bool
  }

  private var known: [Question: [Int]] = [:]
  private let calendar: Calendar = {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    return calendar
  }()

  /// What names the period of a moment, or the one before it; later ones are larger.
  mutating func period(_ window: BoardWindow, at us: Int64, previous: Bool) -> [Int] {
    let question = Question(window: window, hour: us / 3_600_000_000, previous: previous)
    if let period = known[question] { return period }
    let date = Date(timeIntervalSince1970: Double(question.hour * 3600))
    let period =
      switch window {
      case .all: [Int]()
      case .hour: parts([.year, .month, .day, .hour], date, back: previous ? 3600 : 0)
      case .day: parts([.year, .month, .day], date, back: previous ? 86_400 : 0)
      case .week: parts([.yearForWeekOfYear, .weekOfYear], date, back: previous ? 7 * 86_400 : 0)
      case .month: parts([.year, .month], date, back: previous ? calendar.component(.day, from: date) * 86_400 : 0)
      }
    known[question] = period
    return period
  }

  private func parts(_ units: [Calendar.Component], _ date: Date, back: Int) -> [Int] {
    units.map { calendar.component($0, from: date.addingTimeInterval(-Double(back))) }
  }
}

extension LeaderboardOptions {
  var ttlUs: Int64 { Int64(ttl.wholeMicroseconds ?? 0) }
  var zoneUs: Int64 { Int64(zone.wholeMicroseconds ?? 0) }
}
