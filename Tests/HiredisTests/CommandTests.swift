import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Commands and scripts` {
  @Test func `every kind of reply arrives as itself`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let source = "return {1, {'a', false, {}}, redis.status_reply('fine'), redis.error_reply('BAD luck'), -7}"
    #expect(
      try await redis.send("EVAL", source, 0)
        == .array([
          .integer(1), .array([.bulk([97]), .null, .array([])]), .simple("fine"), .error("BAD luck"), .integer(-7),
        ]))
  }

  @Test func `bytes travel unchanged, whatever they are`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let bytes: [UInt8] = Array(0...255) + [13, 10, 0, 36, 49, 13, 10]
    #expect(try await redis.send("ECHO", bytes) == .bulk(bytes))
    #expect(try await redis.send("ECHO", "") == .bulk([]))
    #expect(try await redis.send("ECHO", Int64.min) == .bulk(Array("\(Int64.min)".utf8)))
    #expect(try await redis.send("ECHO", UInt64.max) == .bulk(Array("\(UInt64.max)".utf8)))
    #expect(try await redis.send("ECHO", "grüße"[...]) == .bulk(Array("grüße".utf8)))
  }

  @Test func `ten megabytes come and go`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let key = "ten-megabytes-\(UInt64.random(in: 0 ... .max))"
    let value = [UInt8](repeating: 0xAB, count: 10 << 20)
    #expect(try await redis.send("SET", key, value, "PX", 60_000) == .simple("OK"))
    #expect(try await redis.send("GET", key) == .bulk(value))
    _ = try await redis.send("DEL", key)
  }

  @Test func `a pipeline keeps its order, and one failure is one failure`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let key = "pipeline-\(UInt64.random(in: 0 ... .max))"
    let results = await redis.pipeline([
      RESPCommand("RPUSH", key, "a"), RESPCommand("PEXPIRE", key, 60_000), RESPCommand("INCR", key),
      RESPCommand("RPUSH", key, "b"), RESPCommand("LRANGE", key, 0, -1), RESPCommand("DEL", key),
    ])
    #expect(try results[0].get() == .integer(1))
    #expect(throws: RedisError.self) { try results[2].get() }
    if case .failure(let error) = results[2] {
      #expect(error.code == .wrongType)
      #expect(error.command == "INCR")
      #expect(error.execution == .notExecuted)
    }
    #expect(try results[4].get() == .array([.bulk([97]), .bulk([98])]))
    #expect(await redis.pipeline([]).isEmpty)
  }

  @Test func `a transaction in a pipeline is not disturbed by others`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let key = "transaction-\(UInt64.random(in: 0 ... .max))"
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          let results = await redis.pipeline([
            RESPCommand("MULTI"), RESPCommand("INCR", key), RESPCommand("DECR", key),
            RESPCommand("PEXPIRE", key, 60_000), RESPCommand("EXEC"),
          ])
          let done = try #require(try results[4].get().array)
          #expect(done.count == 3 && done[0].int == done[1].int! + 1)
        }
        group.addTask { _ = try await redis.send("ECHO", "between") }
      }
      try await group.waitForAll()
    }
  }

  @Test func `an unknown script is sent whole, once`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let script = RedisScript(
      name: "double", sha1: "a6f5cf4b7f80e2aeaf6ec9b5d2fbb1d0f0b6d4ee", source: Array("return 2 * ARGV[1]".utf8))
    let real = try await redis.send("SCRIPT", "LOAD", script.source).string!
    let known = RedisScript(name: "double", sha1: real, source: script.source)
    _ = try await redis.send("SCRIPT", "FLUSH")
    #expect(try await redis.run(ScriptCall(known, keys: [], arguments: [21])) == .integer(42))
    #expect(try await redis.run(ScriptCall(known, keys: [], arguments: [4])) == .integer(8))
    let stats = try await redis.send("INFO", "commandstats").string!
    #expect(stats.contains("cmdstat_evalsha:calls=2,"))
    #expect(stats.contains("cmdstat_eval:calls=1,"))
  }

  @Test func `in a pipeline only the unknown scripts are sent again`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    func script(_ source: String) async throws -> RedisScript {
      let sha1 = try await redis.send("SCRIPT", "LOAD", source).string!
      return RedisScript(name: "test", sha1: sha1, source: Array(source.utf8))
    }
    let add = try await script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    let fail = try await script("return redis.call('LPUSH', KEYS[1], 1)")
    _ = try await redis.send("SCRIPT", "FLUSH")
    _ = try await redis.send("SCRIPT", "LOAD", add.source)
    let results = await redis.run([
      ScriptCall(add, keys: ["n"], arguments: [1]), ScriptCall(fail, keys: ["n"], arguments: [] as [Int]),
      ScriptCall(add, keys: ["n"], arguments: [10]),
    ])
    #expect(try results[0].get() == .integer(1))
    #expect(try results[2].get() == .integer(11))
    if case .failure(let error) = results[1] { #expect(error.code == .wrongType && error.execution == .partial) }
    #expect(try await redis.send("GET", "n").int == 11)
    let stats = try await redis.send("INFO", "commandstats").string!
    #expect(stats.contains("cmdstat_eval:calls=1,"))
  }

  @Test func `the server sees the client's name`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    #expect(
      try await RedisClient(server.url).send("CLIENT", "GETNAME") == .bulk(Array("redis-patterns".utf8)))
    let named = try RedisClient(server.url + "?client_name=billing&db=3")
    #expect(try await named.send("CLIENT", "GETNAME").string == "billing")
    #expect(try await named.send("CLIENT", "INFO").string!.contains(" db=3 "))
  }
}
