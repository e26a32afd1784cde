import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite struct `Structures against their definitions` {
  @Test func `every answer of a board is that of a sorted list and a calendar`() async throws {
    let seed = RandomRun.seed("board")
    var chance = SeededGenerator(seed: seed)
    try await withServer { _, redis in
      var tally = Tally()
      for number in 0..<RandomRun.count(24) {
        var world = try BoardWorld(number, using: &chance)
        for batch in 0..<8 {
          if batch > 0 {
            try await expire(redis, nowUs: world.nowUs)
            world.setBack(using: &chance)
          }
          for _ in 0..<30 { tally.ask(try world.next(using: &chance)) }
          try await tally.compare(redis)
        }
      }
      Evidence.record("board", "steps", count: tally.steps, seed: seed, violations: tally.wrong, seen: tally.seen)
      #expect(tally.wrong == 0)
      for kind in ["refused", "removed", "absent", "page"] {
        #expect(tally.seen[kind, default: 0] > tally.steps / 1000, "\(tally.seen)")
      }
    }
  }

  @Test func `a plain sorted set gives ties another order`() async throws {
    var chance = SeededGenerator(seed: RandomRun.seed("naive board"))
    try await withServer { _, redis in
      var wrong = 0
      for number in 0..<20 {
        var oracle = BoardOracle(LeaderboardOptions())
        for at in 1...12 {
          let (id, score) = ("p\(Int.random(in: 0..<8, using: &chance))", Int.random(in: 1...3, using: &chance))
          _ = oracle.submit(id, score, .set, nowUs: Int64(at))
          _ = try await redis.execute(RESPCommand("ZADD", "naive:\(number)", score, id))
        }
        let reply = try await redis.execute(RESPCommand("ZREVRANGE", "naive:\(number)", 0, -1, "WITHSCORES"))
        let words = reply.array?.compactMap(\.string) ?? []
        var rows: [(id: String, score: Int, rank: Int)] = []
        for at in stride(from: 0, to: words.count - 1, by: 2) {
          rows.append((id: words[at], score: Int(words[at + 1]) ?? 0, rank: at / 2 + 1))
        }
        let told = oracle.page(.all, previous: false, first: 1, count: 9, nowUs: 12)
        if BoardWorld.page(rows.count, rows) != told { wrong += 1 }
        _ = try await redis.execute(RESPCommand("DEL", "naive:\(number)"))
      }
      Evidence.control("board", ["wrong boards of plain sorted sets": wrong])
      #expect(wrong > 5)
    }
  }

  @Test func `every answer of a queue is that of lists and leases`() async throws {
    let seed = RandomRun.seed("queue")
    var chance = SeededGenerator(seed: seed)
    try await withServer { _, redis in
      var tally = Tally()
      let schedules = RandomRun.count(100)
      for number in 0..<schedules {
        var world = try QueueWorld(number)
        for _ in 0..<100 { tally.ask(try world.next(using: &chance)) }
        try await tally.compare(redis)
      }
      Evidence.record("queue", "schedules", count: schedules, seed: seed, violations: tally.wrong, seen: tally.seen)
      #expect(tally.wrong == 0)
      let kinds = [
        "pushed", "exists", "full", "job", "empty", "acked", "retried", "buried", "lost", "extended", "revived",
        "ready",
      ]
      for kind in kinds { #expect(tally.seen[kind, default: 0] > tally.steps / 4000, "\(tally.seen)") }
    }
  }

  @Test func `a plain list gives jobs otherwise`() async throws {
    var chance = SeededGenerator(seed: RandomRun.seed("naive queue"))
    try await withServer { _, redis in
      var (oracle, wrong) = (QueueOracle(QueueOptions(lease: .seconds(1))), 0)
      for at in 0..<200 {
        let nowUs = Int64(at) * 300_000
        if Bool.random(using: &chance) {
          _ = oracle.push("j\(at)", "", delayUs: 0, nowUs: nowUs)
          _ = try await redis.execute(RESPCommand("RPUSH", "naive", "j\(at)"))
        } else {
          // Whoever takes it dies: the lease brings it back.
          let told = oracle.pop("t\(at)", nowUs: nowUs)
          let taken = try await redis.execute(RESPCommand("LPOP", "naive")).string
          if told.split(separator: " ").dropFirst().first.map(String.init) != taken { wrong += 1 }
        }
      }
      _ = try await redis.execute(RESPCommand("DEL", "naive"))
      Evidence.control("queue", ["jobs that a plain list gives otherwise": wrong])
      #expect(wrong > 10)
    }
  }

  @Test func `every answer of a series and of recent items is that of a plain list`() async throws {
    let seed = RandomRun.seed("series")
    var chance = SeededGenerator(seed: seed)
    try await withServer { _, redis in
      var tally = Tally()
      for number in 0..<RandomRun.count(10) {
        var (series, recent) = (try SeriesWorld(number), try RecentWorld(number))
        for _ in 0..<150 {
          tally.ask(try series.next(using: &chance))
          tally.ask(try recent.next(using: &chance))
        }
        try await tally.compare(redis)
        let items = try await redis.execute(RESPCommand("LRANGE", recent.key, 0, -1)).array?.compactMap(\.string)
        #expect(items == recent.items)
      }
      #expect(tally.wrong == 0)
      for kind in ["added", "points", "steps"] { #expect(tally.seen[kind, default: 0] > 50, "\(tally.seen)") }
    }
  }

  @Test func `a series whose member is its value keeps one point of each`() async throws {
    try await withServer { _, redis in
      for at in 1...20 { _ = try await redis.execute(RESPCommand("ZADD", "naive", at, "\(at % 3)")) }
      #expect(try await redis.execute(RESPCommand("ZCARD", "naive")).int == 3)
      _ = try await redis.execute(RESPCommand("DEL", "naive"))
    }
  }

  /// What the server does by its own clock, so that a clock that is set back brings nothing back.
  private func expire(_ redis: BlockingExecutor, nowUs: Int64) async throws {
    let keys = try await redis.execute(RESPCommand("KEYS", "board:*:ids:*")).array?.compactMap(\.string) ?? []
    for ids in keys {
      let endsUs = try await redis.execute(RESPCommand("HGET", ids, "ends_us")).string.flatMap { Int64($0) } ?? 0
      guard endsUs <= nowUs else { continue }
      _ = try await redis.execute(RESPCommand("DEL", ids, ids.replacing(":ids:", with: ":scores:")))
    }
  }
}

/// Questions that were asked together, and how many answers were wrong.
private struct Tally {
  private var asked: [OracleStep] = []
  private(set) var steps = 0
  private(set) var wrong = 0
  /// By the first word of the answer.
  private(set) var seen: [String: Int] = [:]

  mutating func ask(_ step: OracleStep) { asked.append(step) }

  mutating func compare(_ redis: BlockingExecutor) async throws {
    for (at, (step, reply)) in zip(asked, try await redis.runAll(asked.map(\.call))).enumerated() {
      let told = try step.read(reply)
      if told != step.expected {
        wrong += 1
        if wrong < 4 { Issue.record("step \(at): \(told), not \(step.expected), to \(step.call.arguments)") }
      }
      seen[told.prefix { $0 != " " }.description, default: 0] += 1
    }
    steps += asked.count
    asked = []
  }
}
