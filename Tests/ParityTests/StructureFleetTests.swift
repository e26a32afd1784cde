import Hiredis
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

/// Swift and Python processes on one board, one counter and one queue.
@Suite(.serialized, .timeLimit(.minutes(15))) struct `A fleet on structures` {
  @Test func `on one board keeps the order in which the players came, and loses no addition`() async throws {
    try await withFleet { fleet, redis in
      let rounds = RandomRun.count(25)
      let told = BoardReports(try await fleet.run("board", namespace: "b", ["--rounds", "\(rounds)"]))
      let board = Leaderboard("fleet", on: redis, namespace: "b")
      var listed: [String] = []
      repeat {
        let rows = try await board.page(first: listed.count + 1, count: 1000).rows
        listed += rows.map(\.id)
        guard rows.count == 1000 else { break }
      } while true
      let misplaced = told.misplaced(in: listed)
      let wrongSums = told.wrongSums
      Evidence.record(
        "structures", "submissions", count: 2 * 8 * rounds, violations: misplaced + wrongSums,
        seen: ["processes": 8, "passed between the languages": told.crossings])
      #expect(told.players.count == 8 * rounds)
      #expect(misplaced == 0, "each rank was told once, and is the place for ever, for all have one score")
      #expect(wrongSums == 0, "each sum was told once")
      #expect(told.crossings > 0)
      #expect(try await board.around("shared", count: 1)?.rows.map(\.score) == [8 * rounds])
    }
  }

  @Test func `on a plain sorted set keeps neither`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, redis in
      let told = BoardReports(try await fleet.run("board", namespace: "n", ["--rounds", "50", "--naive"]))
      let listed = try await redis.send("ZREVRANGE", "n:naive:fleet", 0, -1).array?.compactMap(\.string) ?? []
      Evidence.control(
        "structures",
        ["players misplaced in a plain sorted set": told.misplaced(in: listed), "sums told twice": told.wrongSums])
      #expect(told.misplaced(in: listed) > 0 && told.wrongSums > 0)
    }
  }

  @Test func `on one counter counts to its bound, each number once, however often it is asked`() async throws {
    try await withFleet { fleet, redis in
      let most = 4 * RandomRun.count(50)
      let reports = try await fleet.run(
        "counter", namespace: "c", ["--most", "\(most)", "--attempts", "\(most / 4)"])
      let counted = reports.flatMap { $0["counted"]?.array?.compactMap(\.int) ?? [] }
      let exact = counted.sorted() == Array(1...Int64(most))
      Evidence.record("structures", "additions", count: 2 * counted.count, violations: exact ? 0 : 1)
      #expect(exact)
      #expect(reports.compactMap { $0["refused"]?.int }.reduce(0, +) == Int64(most))
      #expect(reports.allSatisfy { $0["different"]?.int == 0 }, "a repeat is told what the first was told")
      #expect(try await SharedCounter("fleet", on: redis, ttl: .seconds(600), namespace: "c").value() == most)
    }
  }

  @Test func `on one counter that is read and written counts a number twice`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, _ in
      let reports = try await fleet.run(
        "counter", namespace: "m", ["--most", "1000000", "--attempts", "100", "--naive"])
      let counted = reports.flatMap { $0["counted"]?.array?.compactMap(\.int) ?? [] }
      let twice = counted.count - Set(counted).count
      Evidence.control("structures", ["numbers told twice by reading and writing": twice])
      #expect(twice > 0)
    }
  }

  @Test func `on one queue loses no job, whoever is killed, and gives none twice`() async throws {
    let seed = RandomRun.seed("queue fleet")
    let jobs = RandomRun.count(200)
    try await withFleet { fleet, redis in
      let report = try await QueueFleet(server: fleet.server, redis: redis)
        .run(jobs: jobs, kills: max(5, jobs / 40), seed: seed)
      Evidence.record(
        "structures", "jobs", count: jobs, seed: seed,
        violations: report.lost.count + report.givenTwice + report.ackedTwice,
        seen: ["workers killed": report.kills, "jobs worked on again": report.repeated])
      #expect(report.lost.isEmpty, "lost: \(report.lost.prefix(10))")
      #expect(report.givenTwice == 0, "each attempt at a job was given to one")
      #expect(report.ackedTwice == 0, "a job's end is told to one")
      #expect(report.left == 0)
    }
  }

  @Test func `on a plain list loses what the killed have in hand`() async throws {
    let seed = RandomRun.seed("naive queue fleet")
    try await withFleet { fleet, redis in
      let report = try await QueueFleet(server: fleet.server, redis: redis, isNaive: true)
        .run(jobs: 250, kills: 8, seed: seed)
      Evidence.control("structures", ["jobs lost off a plain list": report.lost.count])
      #expect(!report.lost.isEmpty, "the control must lose some")
    }
  }

  private func withFleet(
    swift: Int = 4, python: Int = 4, _ body: (MixedFleet, RedisClient) async throws -> Void
  ) async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    defer { redis.close() }
    try await body(MixedFleet(server: server, swift: swift, python: python), redis)
  }
}

/// What the workers on a board were told.
private struct BoardReports {
  /// Who was told which rank at its submission: with one score for all, who came when.
  let players: [(id: String, rank: Int64)]
  let sums: [Int64]

  init(_ reports: [JSONValue]) {
    let ranks = reports.flatMap { Array($0["ranks"]?.object ?? [:]) }
    players = ranks.map { ($0.key, $0.value.int ?? 0) }.sorted { $0.1 < $1.1 }
    sums = reports.flatMap { $0["sums"]?.array?.compactMap(\.int) ?? [] }
  }

  /// Players that do not stand where they were told, or were told a rank that another was told.
  func misplaced(in listed: [String]) -> Int {
    let listed = listed.filter { $0 != "shared" }
    let ranks = players.map(\.rank)
    return zip(listed, players).count { $0 != $1.id } + abs(listed.count - players.count)
      + zip(ranks, 1...).count { $0 != Int64($1) }
  }

  /// Additions to the player that all share whose sum was not one more than the one before.
  var wrongSums: Int { zip(sums.sorted(), 1...).count { $0 != Int64($1) } }

  /// How often a player of one language came after one of the other.
  var crossings: Int {
    let languages = players.map { $0.id.prefix { $0 != "-" } }
    return zip(languages, languages.dropFirst()).count { $0 != $1 }
  }
}
