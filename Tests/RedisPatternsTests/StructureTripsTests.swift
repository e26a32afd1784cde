import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Round trips of structures` {
  @Test func `every operation of a structure is one round trip by the server's own count`() async throws {
    try await withServer { _, redis in
      let counter = SharedCounter("c", on: redis, ttl: .seconds(60))
      let flag = SharedFlag("f", on: redis, ttl: .seconds(60))
      let board = Leaderboard("b", on: redis, options: .init(windows: BoardWindow.allCases))
      let queue = ReliableQueue("q", on: redis)
      let object = VersionedObject("o", on: redis, ttl: .seconds(60))
      let series = TimeSeries("s", on: redis, keep: .seconds(60))
      let tags = TagIndex("t", on: redis, ttl: .seconds(60))
      let recent = RecentItems("r", on: redis, ttl: .seconds(60))
      let unique = UniqueCounter("u", on: redis)
      let log = EventLog("l", on: redis, keep: .seconds(60))
      let operations: [(String, () async throws -> Void)] = [
        ("counter.add", { try await counter.add(2, request: "r") }),
        ("counter.value", { _ = try await counter.value() }), ("counter.clear", { try await counter.clear() }),
        ("flag.set", { try await flag.set("x") }), ("flag.read", { _ = try await flag.read() }),
        ("flag.clear", { try await flag.clear() }), ("board.submit", { try await board.submit("p", 1) }),
        ("board.page", { _ = try await board.page(.month) }),
        ("board.around", { _ = try await board.around("p", window: .week) }),
        ("board.remove", { try await board.remove("p") }), ("queue.push", { try await queue.push("p") }),
        ("queue.pop", { _ = try await queue.pop() }), ("queue.look", { _ = try await queue.look(graves: 0) }),
        ("object.write", { try await object.write(["a": "b"]) }),
        ("object.read", { _ = try await object.read() }), ("object.delete", { try await object.delete() }),
        ("recent.add", { try await recent.add("i") }), ("recent.items", { _ = try await recent.items() }),
        ("series.add", { try await series.add(1) }),
        ("series.points", { _ = try await series.points(span: .seconds(1)) }),
        ("tag.add", { try await tags.add("i", ["a", "b"]) }), ("tag.remove", { try await tags.remove("i", ["a"]) }),
        ("tag.allOf", { _ = try await tags.allOf(["a", "b"]) }), ("tag.has", { _ = try await tags.has("i", "a") }),
        ("unique.add", { try await unique.add(["i"]) }), ("unique.count", { _ = try await unique.count() }),
        ("log.append", { try await log.append("k") }), ("log.read", { _ = try await log.read() }),
      ]
      for (name, work) in operations {
        try await work()  // so that the server knows the script
        let before = try await calls(redis)
        try await work()
        #expect(try await calls(redis) == before + 1, "\(name)")
      }
    }
  }

  /// The scripts and the commands of their own that the server has been sent. What a script calls counts in the same
  /// lines, so of those verbs only the ones that no script here uses are counted.
  private func calls(_ redis: BlockingExecutor) async throws -> Int {
    let verbs = ["evalsha", "eval", "lrange", "smembers", "sismember", "sinter", "sunion", "xrange"]
    let lines = try await redis.execute(RESPCommand("INFO", "commandstats")).string?.split(separator: "\r\n") ?? []
    return lines.filter { line in verbs.contains { line.hasPrefix("cmdstat_\($0):") } }.reduce(0) { sum, line in
      sum + (Int(line.drop { $0 != "=" }.dropFirst().prefix { $0.isNumber }) ?? 0)
    }
  }
}
