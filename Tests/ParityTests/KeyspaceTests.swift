import Hiredis
import ParitySupport
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `What a server holds and saw` {
  @Test func `every type is read, and every deadline exactly`() async throws {
    try await withServer { redis, _ in
      for command in [
        RESPCommand("SET", "p:string", [0, 255] as [UInt8], "PXAT", 4_102_444_800_123),
        RESPCommand("HSET", "p:hash", "a", "1", "b", "2"), RESPCommand("RPUSH", "p:list", "x", "y"),
        RESPCommand("SADD", "p:set", "m"), RESPCommand("ZADD", "p:zset", 2, "two", 1, "one"),
        RESPCommand("XADD", "p:stream", "1-1", "f", "v"), RESPCommand("SET", "other", "x"),
      ] { _ = try await redis.execute(command) }
      let keys = try await Keyspace.dump(redis, prefix: "p:")
      #expect(keys.map(\.typeName) == ["hash", "list", "set", "stream", "string", "zset"])
      #expect(keys.map(\.expiresAtMs) == [nil, nil, nil, nil, 4_102_444_800_123, nil])
      #expect(keys[0].json(startUs: 0)["value"] == ["a": "1", "b": "2"])
      #expect(keys[1].json(startUs: 0)["value"] == ["x", "y"])
      #expect(keys[4].value == .string([0, 255]))
      #expect(keys[5].json(startUs: 0)["value"] == [["one", "1"], ["two", "2"]])
    }
  }

  @Test func `deadlines are exact on a server without PEXPIRETIME too`() async throws {
    let hidden = try await isRedis7() ? ["--rename-command", "PEXPIRETIME", ""] : []
    try await withServer(arguments: hidden) { redis, _ in
      for at in [4_102_444_800_123, 4_102_444_800_999] {
        _ = try await redis.execute(RESPCommand("SET", "k\(at)", "v", "PXAT", at))
      }
      _ = try await redis.execute(RESPCommand("SET", "forever", "v"))
      for _ in 0..<20 {
        #expect(
          try await Keyspace.dump(redis).map(\.expiresAtMs) == [nil, 4_102_444_800_123, 4_102_444_800_999])
      }
    }
  }

  @Test func `a prefix is never read as a pattern`() async throws {
    try await withServer { redis, _ in
      for key in ["a*:1", "ab:1", "a[b]:1", "a?:1", #"a\:1"#] {
        _ = try await redis.execute(RESPCommand("SET", key, "x"))
      }
      #expect(try await Keyspace.names(redis, prefix: "a*") == ["a*:1"])
      #expect(try await Keyspace.names(redis, prefix: "a[b]") == ["a[b]:1"])
      #expect(try await Keyspace.names(redis, prefix: "a?") == ["a?:1"])
      #expect(try await Keyspace.names(redis, prefix: #"a\"#) == [#"a\:1"#])
    }
  }

  @Test func `the recording holds exactly what was sent between two looks`() async throws {
    try await withServer { redis, server in
      let monitor = try CommandMonitor(socketPath: server.socketPath)
      defer { monitor.stop() }
      _ = try await redis.execute(RESPCommand("SET", "k", [34, 92, 10, 0, 200] as [UInt8]))
      _ = try await redis.execute(RESPCommand("EVAL", "return redis.call('GET', KEYS[1])", 1, "k"))
      let first = try await monitor.drain(through: redis)
      #expect(first.filter { $0.verb == "SET" }.map(\.arguments.last) == [[34, 92, 10, 0, 200]])
      #expect(first.filter(\.inScript).map(\.verb) == ["GET"])
      #expect(first.sent(to: 0).map(\.verb) == ["SET", "EVAL"])
      #expect(try await monitor.drain(through: redis).isEmpty)
    }
  }

  @Test func `a server that cannot be watched is an error that says why`() throws {
    let error = #expect(throws: RedisError.self) { try CommandMonitor(socketPath: "/nowhere/redis.sock") }
    #expect(error?.code == .connect)
    #expect(error?.description.contains("/nowhere/redis.sock") == true)
  }

  private func withServer(
    arguments: [String] = [], _ body: (RedisClient, RedisServer) async throws -> Void
  ) async throws {
    let server = try await RedisServer.start(arguments: arguments)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    defer { redis.close() }
    try await body(redis, server)
  }
}
