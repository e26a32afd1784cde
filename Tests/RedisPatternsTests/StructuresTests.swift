import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys) struct `Counter, flag and leaderboard` {
  @Test func `a counter counts within its bounds`() async throws {
    let space = try await TestSpace.shared()
    let counter = SharedCounter(
      "stock", on: space.redis, ttl: .seconds(100), bounds: 0...10, namespace: space.namespace)
    guard case .counted(7, let endsIn) = try await counter.add(7) else {
      Issue.record("not counted")
      return
    }
    #expect(endsIn > .seconds(50) && endsIn <= .seconds(100))
    for delta in [4, -8] {
      guard case .refused(7, _) = try await counter.add(delta) else {
        Issue.record("\(delta) was not refused")
        return
      }
    }
    #expect(try await counter.value() == 7)
    #expect(try await counter.clear() == 7)
    #expect(try await counter.value() == 0)
  }

  @Test func `an addition that is repeated with its request is counted once`() async throws {
    let space = try await TestSpace.shared()
    let counter = SharedCounter("orders", on: space.redis, ttl: .seconds(100), namespace: space.namespace)
    for _ in 0..<3 { #expect(try await counter.add(5, request: "r1").value == 5) }
    #expect(try await counter.add(request: "r2").value == 6)
  }

  @Test(arguments: ["9007199254740993", "1.5", "ann"])
  func `a counter neither rounds nor replaces what is not its own`(_ value: String) async throws {
    let space = try await TestSpace.shared()
    let key = "\(space.namespace):counter:{theirs}"
    _ = try await space.redis.send("SET", key, value, "EX", 60)
    let counter = SharedCounter("theirs", on: space.redis, ttl: .seconds(100), namespace: space.namespace)
    let error = await #expect(throws: RedisError.self) { try await counter.add(-1) }
    #expect(error?.code == .wrongType && error?.execution == .notExecuted)
    #expect(try await space.redis.send("GET", key).string == value)
  }

  @Test func `of many who put a flag up at once, one is told so`() async throws {
    let space = try await TestSpace.shared()
    let flag = SharedFlag("daily-mail", on: space.redis, ttl: .seconds(100), namespace: space.namespace)
    let told = try await withThrowingTaskGroup(of: FlagAttempt.self) { group in
      for number in 0..<40 { group.addTask { try await flag.set("worker \(number)") } }
      return try await group.reduce(into: [FlagAttempt]()) { $0.append($1) }
    }
    #expect(told.count { $0 == .set } == 1)
    #expect(try await flag.read()?.text?.hasPrefix("worker ") == true)
    #expect(try await flag.clear())
    #expect(try await flag.read() == nil)
    #expect(try await flag.clear() == false)
  }

  @Test func `a flag put up in any case has a new payload`() async throws {
    let space = try await TestSpace.shared()
    let flag = SharedFlag("maintenance", on: space.redis, ttl: .seconds(60), namespace: space.namespace)
    #expect(try await flag.set([0, 255]) == .set)
    guard case .up(let raised) = try await flag.set("again") else {
      Issue.record("it was not up")
      return
    }
    #expect(raised.payload == [0, 255] && raised.text == nil)
    #expect(try await flag.set("again", always: true) == .set)
    #expect(try await flag.read()?.text == "again")
  }

  @Test func `of equal scores the earlier stands first, in every window`() async throws {
    let space = try await TestSpace.shared()
    let board = Leaderboard(
      "game", on: space.redis, options: .init(windows: [.all, .day]), namespace: space.namespace)
    for player in ["zoe", "amy", "kim"] { try await board.submit(player, 100) }
    #expect(try await board.page().rows.map(\.id) == ["zoe", "amy", "kim"])
    let places = try await board.submit("kim", 1, mode: .add).places
    #expect(places.map(\.window) == [.all, .day])
    #expect(places.allSatisfy { $0.rank == 1 && $0.rankBefore == 3 && $0.score == 101 && $0.scoreBefore == 100 })
    let near = try await board.around("amy", window: .day, count: 3)
    #expect(near?.rows.map(\.rank) == [1, 2, 3])
    #expect(try await board.page(.day, previous: true).players == 0)
    #expect(try await board.remove("zoe"))
    #expect(try await board.around("zoe") == nil)
    #expect(try await board.page().players == 2)
  }

  @Test func `a score that would be rounded is refused`() async throws {
    let space = try await TestSpace.shared()
    let board = Leaderboard("exact", on: space.redis, namespace: space.namespace)
    try await board.submit("ann", 1 << 52)
    #expect(try await board.submit("ann", 1, mode: .add) == .refused)
    #expect(try await board.page().rows.map(\.score) == [1 << 52])
  }

  @Test func `what cannot be kept is refused before anything is sent`() async throws {
    let away = Unreachable()
    let wrong: [() async throws -> Void] = [
      { try await SharedCounter("x", on: away, ttl: .zero).add() },
      { try await SharedCounter("x", on: away, ttl: .seconds(1)).add(.max) },
      { try await SharedCounter("", on: away, ttl: .seconds(1)).add() },
      { try await SharedFlag("x", on: away, ttl: .seconds(1)).set([UInt8](repeating: 0, count: 1 << 20 + 1)) },
      { try await Leaderboard("x", on: away, options: .init(windows: [])).submit("p", 1) },
      { try await Leaderboard("x", on: away, options: .init(zone: .seconds(15 * 3600))).submit("p", 1) },
      { _ = try await Leaderboard("x", on: away).page(.day) },
      { _ = try await Leaderboard("x", on: away).page(count: 1001) },
    ]
    for (number, attempt) in wrong.enumerated() {
      let error = await #expect(throws: RedisError.self) { try await attempt() }
      #expect(error?.code == .argument && error?.execution == .notExecuted, "number \(number)")
    }
  }
}
