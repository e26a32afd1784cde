import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Leased connections` {
  private func key(_ name: String) -> String { "\(name)-\(UInt64.random(in: 0 ... .max))" }

  @Test func `a blocking pop holds up nobody else`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let queue = key("queue")
    async let popped = redis.withConnection { connection in
      try await connection.deadline(.seconds(30)).send("BLPOP", queue, 25)
    }
    for n in 0..<20 { #expect(try await redis.send("ECHO", n).int == Int64(n)) }
    _ = try await redis.send("RPUSH", queue, "job")
    #expect(try await popped == .array([.bulk(Array(queue.utf8)), .bulk(Array("job".utf8))]))
  }

  @Test func `a cancelled pop takes nothing`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let pop = Task {
      try await redis.withConnection { try await $0.deadline(.seconds(30)).send("BLPOP", "queue", 25) }
    }
    try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:1") }
    pop.cancel()
    let error = await #expect(throws: RedisError.self) { try await pop.value }
    #expect(error?.code == .cancelled)
    try await eventually { try await redis.send("INFO", "clients").string!.contains("blocked_clients:0") }
    #expect(try await redis.send("RPUSH", "queue", "job") == .integer(1))
    #expect(try await redis.send("LLEN", "queue") == .integer(1))
  }

  @Test func `WATCH sees another's write, and leaves nothing to the next holder`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let watched = key("watched")
    let outcome = try await redis.withConnection { connection in
      _ = try await connection.send("WATCH", watched)
      _ = try await redis.send("SET", watched, "other", "PX", 60_000)
      let results = await connection.pipeline([
        RESPCommand("MULTI"), RESPCommand("SET", watched, "mine", "PX", 60_000), RESPCommand("EXEC"),
      ])
      return try results[2].get()
    }
    #expect(outcome == .null)
    // Left in MULTI on purpose: the next one must not find QUEUED.
    _ = try await redis.withConnection { try await $0.send("MULTI") }
    let next = try await redis.withConnection { try await $0.send("GET", watched) }
    #expect(next.string == "other")
  }

  @Test func `a clean connection is used again, a changed one is not`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    func connections() async throws -> Int {
      let info = try await redis.send("INFO", "stats").string!
      let line = try #require(info.split(separator: "\r\n").first { $0.hasPrefix("total_connections_received:") })
      return Int(line.split(separator: ":")[1])!
    }
    _ = try await redis.withConnection { try await $0.send("PING") }
    let before = try await connections()
    for _ in 0..<3 { _ = try await redis.withConnection { try await $0.send("PING") } }
    #expect(try await connections() == before)
    _ = try await redis.withConnection { try await $0.send("SELECT", 5) }
    _ = try await redis.withConnection { try await $0.send("SET", "where", "here") }
    #expect(try await connections() == before + 1)
    #expect(try await redis.send("EXISTS", "where") == .integer(1))
  }

  @Test func `a connection that was given back is refused`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let kept = try await redis.withConnection { $0 }
    let error = await #expect(throws: RedisError.self) { try await kept.send("PING") }
    #expect(error?.code == .closed && error?.execution == .notExecuted)
  }

  @Test func `when all are lent, one waits, in order or until its deadline`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    var options = RedisClientOptions()
    options.maxLeasedConnections = 2
    options.commandTimeout = .milliseconds(400)
    let redis = try RedisClient(server.url, options: options)
    let release = Box(false)
    let holders = (0..<2).map { _ in
      Task {
        try await redis.withConnection { connection in
          _ = try await connection.send("PING")
          try await eventually { release.value }
        }
      }
    }
    try await eventually { try await redis.send("INFO", "clients").string!.contains("connected_clients:3") }
    let late = await #expect(throws: RedisError.self) { try await redis.withConnection { try await $0.send("PING") } }
    #expect(late?.code == .timeout && late?.execution == .notExecuted)
    let cancelled = Task { try await redis.withConnection { try await $0.send("PING") } }
    cancelled.cancel()
    let early = await #expect(throws: RedisError.self) { try await cancelled.value }
    #expect(early?.code == .cancelled)
    let waiting = Task { try await redis.withConnection { try await $0.send("PING") } }
    release.value = true
    #expect(try await waiting.value == .simple("PONG"))
    for holder in holders { try await holder.value }
    // Nothing was lost on the way: both permits are there.
    for _ in 0..<5 {
      async let one = redis.withConnection { try await $0.send("PING") }
      async let two = redis.withConnection { try await $0.send("PING") }
      _ = try await (one, two)
    }
  }

  @Test func `a lost leased connection stays lost, the next lease is new`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let error = await #expect(throws: RedisError.self) {
      try await redis.withConnection { connection in
        _ = try await connection.send("WATCH", "k")
        try await server.restart()
        _ = try? await connection.send("PING")
        _ = try await connection.send("PING")
      }
    }
    #expect(error?.execution == .notExecuted)
    #expect(try await redis.withConnection { try await $0.send("PING") } == .simple("PONG"))
  }
}
