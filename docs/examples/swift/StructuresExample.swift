import RESP
import RedisPatterns

/// The structures in Swift: the same keys, scripts and lines as `structures.py`.
public enum StructuresExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:counter]
    let tickets = SharedCounter("tickets", on: redis, ttl: .seconds(3600), bounds: 0...5, namespace: namespace)
    try await tickets.add(4, request: "order-1")
    try await tickets.add(4, request: "order-1")  // a repeat: counted once
    switch try await tickets.add(2) {
    case .refused(let value, _): say("sold out at 5: \(value) are sold")
    case .counted: say("sold")
    }
    // --8<-- [end:counter]

    // --8<-- [start:flag]
    let mail = SharedFlag("daily-mail", on: redis, ttl: .seconds(86_400), namespace: namespace)
    for worker in ["ann", "bob"] {
      switch try await mail.set(worker) {
      case .set: say("\(worker) sends the mail")
      case .up(let flag): say("\(worker) does not: \(flag.text ?? "?") has")
      }
    }
    // --8<-- [end:flag]

    // --8<-- [start:board]
    let board = Leaderboard("game", on: redis, options: .init(windows: [.all, .day]), namespace: namespace)
    for player in ["zoe", "amy", "kim"] {
      try await board.submit(player, 100, mode: .best)  // equal scores: the first stays first
    }
    try await board.submit("kim", 1, mode: .add)
    say(try await board.page(.day).rows.map { "\($0.rank). \($0.id) \($0.score)" }.joined(separator: ", "))
    if let near = try await board.around("amy", count: 2) {
      say("around amy: " + near.rows.map(\.id).joined(separator: ", "))
    }
    // --8<-- [end:board]

    // --8<-- [start:concurrent]
    let visits = SharedCounter("visits", on: redis, ttl: .seconds(60), namespace: namespace)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...10 { group.addTask { try await visits.add() } }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("10 at once are \(try await visits.value())")
  }
}
