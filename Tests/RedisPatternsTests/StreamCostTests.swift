import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

/// What the server counted and what it allowed, on a server of the test's own.
@Suite struct `A stream's cost` {
  @Test func `each operation is one call, by the server's own count`() async throws {
    try await withStreamServer { redis in
      let stream = MessageStream("x", on: redis)
      let calls = try StreamCalls("x")
      let rule = StreamCalls.ClaimRule(idle: .milliseconds(1), tries: 5, letters: 100)
      let open = try calls.open(group: "g", consumer: "a")
      let leave = try calls.leave(group: "g", consumer: "a", idle: .seconds(1))
      let claim = try calls.claim(.own, group: "g", consumer: "a", rule: rule, count: 10)
      for _ in 1...3 { try await stream.add(["n": "1"]) }
      _ = try await redis.run(open)
      _ = try await redis.send("XREADGROUP", "GROUP", "g", "a", "STREAMS", "stream:{x}", ">")
      let ids = try await redis.send("XRANGE", "stream:{x}", "-", "+").array?.compactMap { $0.array?[0].string } ?? []
      func receipt(_ at: Int) -> StreamCalls.Receipt {
        StreamCalls.Receipt(group: "g", consumer: "a", messageID: ids[at], deliveries: 1)
      }
      var operations: [(String, () async throws -> Void)] = [
        ("add", { try await stream.add(["n": "1"]) }), ("add once", { try await stream.add(["n": "1"], request: "r") }),
        ("lag", { _ = try await stream.lag(of: "g") }), ("revive", { _ = try await stream.revive("1-0") }),
      ]
      let scripts: [(String, ScriptCall)] = try [
        ("open", open), ("renew", calls.renew(receipt(0))), ("ack", calls.ack(receipt(0))),
        ("release", calls.release(receipt(1), idle: .seconds(1))),
        ("bury", calls.bury(receipt(2), reason: .rejected, letters: 10)), ("claim", claim), ("leave", leave),
      ]
      operations += scripts.map { name, call in (name, { _ = try await redis.run(call) }) }
      for (name, operation) in operations {
        try await operation()  // so that the server knows the script
        let before = try await self.calls(redis, of: ["evalsha", "eval"])
        try await operation()
        #expect(try await self.calls(redis, of: ["evalsha", "eval"]) == before + 1, "\(name)")
      }
      let before = try await self.calls(redis, of: ["xrange"])
      _ = try await stream.deadLetters()
      #expect(try await self.calls(redis, of: ["xrange"]) == before + 1)
    }
  }

  @Test func `with a full memory, what ends a delivery works and what grows is refused`() async throws {
    try await withStreamServer { redis in
      let stream = MessageStream("x", on: redis)
      let calls = try StreamCalls("x")
      for n in 1...4 { try await stream.add(["n": "\(n)"]) }
      _ = try await redis.run(try calls.open(group: "g", consumer: "a"))
      _ = try await redis.send("XREADGROUP", "GROUP", "g", "a", "STREAMS", "stream:{x}", ">")
      let ids = try await redis.send("XRANGE", "stream:{x}", "-", "+").array?.compactMap { $0.array?[0].string } ?? []
      func receipt(_ at: Int, _ deliveries: Int64 = 1) -> StreamCalls.Receipt {
        StreamCalls.Receipt(group: "g", consumer: "a", messageID: ids[at], deliveries: deliveries)
      }
      _ = try await redis.send("CONFIG", "SET", "maxmemory", 1)
      #expect(await code { try await stream.add(["n": "5"]) } == .outOfMemory)
      let bury = try calls.bury(receipt(0), reason: .rejected, letters: 10)
      #expect(await code { _ = try await redis.run(bury) } == .outOfMemory)
      #expect(try StreamCalls.renewed(try await redis.run(try calls.renew(receipt(0)))) == .renewed)
      #expect(try StreamCalls.acked(try await redis.run(try calls.ack(receipt(0)))) == .acked)
      let release = try calls.release(receipt(1), idle: .seconds(1))
      #expect(try StreamCalls.released(try await redis.run(release)) == .released)
      let rule = StreamCalls.ClaimRule(idle: .seconds(60), tries: 5, letters: 10)
      let claim = try calls.claim(.own, group: "g", consumer: "a", rule: rule, count: 10)
      let claimed = try #require(try StreamCalls.claimed(try await redis.run(claim)))
      #expect(claimed.messages.map(\.id) == Array(ids[2...]))
      let leave = try calls.leave(group: "g", consumer: "a", idle: .seconds(1))
      #expect(try StreamCalls.left(try await redis.run(leave)).released == 2)
      #expect(try await stream.lag(of: "g")?.pending == 3)
    }
  }

  private func code(_ work: () async throws -> Void) async -> RedisError.Code? {
    do {
      try await work()
      return nil
    } catch {
      return (error as? RedisError)?.code
    }
  }

  /// How often the server was asked this.
  private func calls(_ redis: RedisClient, of commands: Set<String>) async throws -> Int {
    let lines = try await redis.send("INFO", "commandstats").string?.split(separator: "\r\n") ?? []
    return lines.filter { commands.contains(String($0.dropFirst("cmdstat_".count).prefix { $0 != ":" })) }
      .compactMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0.isNumber }) }.reduce(0, +)
  }
}
