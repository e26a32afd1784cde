import RESP

/// The calls of one leaderboard as values.
package struct BoardCalls: Sendable {
  private let key: RedisKey
  let options: LeaderboardOptions

  private static let furthestZone: Int64 = 14 * 3_600_000_000
  private static let mostOnPage: Int64 = 1000

  /// - Throws: `RedisError` with code `argument` when the name or the options break the number rules.
  package init(_ name: String, options: LeaderboardOptions = .init(), namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "board", id: name)
    guard !options.windows.isEmpty, Set(options.windows).count == options.windows.count else {
      throw .argument("a board has one window or several, each once")
    }
    _ = try NumberRule.count(Int64(options.most), "most")
    _ = try NumberRule.ttl(options.ttl)
    _ = try NumberRule.time(options.zone, "zone", from: -Self.furthestZone, to: Self.furthestZone)
    self.options = options
  }

  package func submit(
    _ id: String, score: Int64, mode: ScoreMode = .set, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    var arguments = RESPArguments(reserving: 256)
    arguments.append(try NumberRule.identity(id, "id"))
    arguments.append(try NumberRule.signed(score, "score"))
    arguments.append(mode.rawValue)
    arguments.append(options.order.rawValue)
    arguments.append(options.most)
    arguments.append(try NumberRule.ttl(options.ttl))
    arguments.append(try zone)
    for window in options.windows { arguments.append(window.rawValue) }
    arguments.append(nowUs)
    return ScriptCall(.boardSubmit, keys: keys(options.windows), arguments: arguments)
  }

  package func page(
    _ window: BoardWindow = .all, previous: Bool = false, first: Int64 = 1, count: Int64 = 10, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let first = try NumberRule.count(first, "first")
    return try read(window, previous, count, kind: "top", from: String(first), nowUs)
  }

  package func around(
    _ id: String, window: BoardWindow = .all, previous: Bool = false, count: Int64 = 5, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    try read(window, previous, count, kind: "around", from: NumberRule.identity(id, "id"), nowUs)
  }

  package func remove(_ id: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .boardRemove, keys: keys(options.windows), arguments: [try NumberRule.identity(id, "id"), nowUs])
  }

  private func read(
    _ window: BoardWindow, _ previous: Bool, _ count: Int64, kind: String, from: String, _ nowUs: Int64
  ) throws(RedisError) -> ScriptCall {
    guard options.windows.contains(window) else { throw .argument("the board has no window \(window.rawValue)") }
    guard !previous || window != .all else { throw .argument("the window all has none before it") }
    return ScriptCall(
      .boardRead, keys: keys([window]),
      arguments: [
        options.order.rawValue, window.rawValue, previous ? "previous" : "current", try zone,
        try NumberRule.count(count, "count", to: Self.mostOnPage), kind, from, nowUs,
      ])
  }

  private var zone: Int64 {
    get throws(RedisError) {
      try NumberRule.time(options.zone, "zone", from: -Self.furthestZone, to: Self.furthestZone)
    }
  }

  /// A window but `all` has two pairs: its periods take turns.
  private func keys(_ windows: [BoardWindow]) -> [String] {
    windows.flatMap { window in
      (window == .all ? ["all"] : ["\(window.rawValue)-0", "\(window.rawValue)-1"]).flatMap { slot in
        [key.field("scores:\(slot)"), key.field("ids:\(slot)")]
      }
    }
  }
}
