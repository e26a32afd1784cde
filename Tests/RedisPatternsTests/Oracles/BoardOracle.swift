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
    let number: Int
  }

  static let largest = 1 << 52
  let options: LeaderboardOptions
  private var tables: [Name: Table] = [:]
  /// So many periods a clock may be set back; what lies further ahead is of a clock that was wrong.
  private static let ahead = 2
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
      forget(window, nowUs)
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
    expire(nowUs: nowUs)
    var found = false
    for name in tables.keys where tables[name]?.players.removeValue(forKey: id) != nil { found = true }
    return found ? "removed" : "absent"
  }

  /// What has ended is gone, also for a clock that is set back.
  mutating func expire(nowUs: Int64) {
    for (name, table) in tables {
      let isOver =
        if let untilUs = table.untilUs { untilUs <= nowUs } else { name.number < own(name.window, nowUs) - 1 }
      if isOver { tables[name] = nil }
    }
  }

  /// What a submission finds too far ahead, or in its place.
  private mutating func forget(_ window: BoardWindow, _ nowUs: Int64) {
    let own = own(window, nowUs)
    let number = name(window, nowUs).number
    for name in tables.keys where name.window == window && name.number != number {
      if name.number > own + Self.ahead || (name.number - number) % 2 == 0 { tables[name] = nil }
    }
  }

  private mutating func own(_ window: BoardWindow, _ nowUs: Int64) -> Int {
    calendar.period(window, at: nowUs + options.zoneUs)
  }

  private mutating func name(_ window: BoardWindow, _ nowUs: Int64, previous: Bool = false) -> Name {
    let own = own(window, nowUs)
    let known = tables.keys.filter { $0.window == window && $0.number <= own + Self.ahead }.map(\.number)
    return Name(window: window, number: max(own, known.max() ?? own) - (previous ? 1 : 0))
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
  }

  private static let monday = Date(timeIntervalSince1970: 4 * 86_400)
  private var known: [Question: Int] = [:]
  private let calendar: Calendar = {
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    return calendar
  }()

  /// Counts the periods up to that of a moment.
  mutating func period(_ window: BoardWindow, at us: Int64) -> Int {
    let question = Question(window: window, hour: us / 3_600_000_000)
    if let period = known[question] { return period }
    let date = Date(timeIntervalSince1970: Double(question.hour * 3600))
    let period =
      switch window {
      case .all: 0
      case .hour: passed(.hour, to: date)
      case .day: passed(.day, to: date)
      case .week: passed(.day, to: date) / 7
      case .month: calendar.component(.year, from: date) * 12 + calendar.component(.month, from: date)
      }
    known[question] = period
    return period
  }

  private func passed(_ unit: Calendar.Component, to date: Date) -> Int {
    calendar.dateComponents([unit], from: Self.monday, to: date).value(for: unit) ?? 0
  }
}

extension LeaderboardOptions {
  var ttlUs: Int64 { Int64(ttl.wholeMicroseconds ?? 0) }
  var zoneUs: Int64 { Int64(zone.wholeMicroseconds ?? 0) }
}
