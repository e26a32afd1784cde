import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

/// Faults of a real server. Each: a typed error in time, no crash, and the next call works.
@Suite struct `Faults of the server` {
  /// The error of a call that must fail.
  private func failure(_ call: () async throws(RedisError) -> RESPValue) async throws -> RedisError {
    do throws(RedisError) {
      let value = try await call()
      Issue.record("no error but \(value)")
      throw RedisError(.reply, "no error", execution: .unknown)
    } catch {
      return error
    }
  }

  @Test func `an absent server is an error within two seconds`() async throws {
    let server = try await RedisServer.start(.tcp)
    let address = "127.0.0.1:\(server.port!)"
    server.close()
    let redis = try RedisClient("redis://\(address)")
    let begun = ContinuousClock.now
    let error = try await failure { () throws(RedisError) in try await redis.send("SET", "k", "v") }
    #expect(ContinuousClock.now - begun <= .seconds(2))
    #expect(error.code == .connect && error.execution == .notExecuted)
    #expect(error.address == address)
    #expect(error.message == "Connection refused")
    #expect(error.description.contains("Check that a Redis server listens"))
    #expect(error.description.contains("docs/errors.md#connect"))
  }

  @Test func `a missing socket file and a name without an address say what they are`() async throws {
    var options = RedisClientOptions()
    options.connectTimeout = .milliseconds(300)
    let file = try RedisClient("unix:///nonexistent/redis.sock", options: options)
    let missing = try await failure { () throws(RedisError) in try await file.send("PING") }
    #expect(missing.message == "No such file or directory" && missing.address == "/nonexistent/redis.sock")
    let name = try RedisClient("redis://no-such-host.invalid", options: options)
    let unknown = try await failure { () throws(RedisError) in try await name.send("PING") }
    #expect(unknown.code == .connect && unknown.execution == .notExecuted)
  }

  @Test func `a call waits for a server that is about to come back`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    server.kill()
    // The client must have seen it: what is sent into a dead connection fails as unknown, and rightly so.
    _ = try? await redis.deadline(.milliseconds(50)).send("PING")
    async let waiting = redis.send("SET", "k", "v")
    try await server.restart()
    #expect(try await waiting == .simple("OK"))
  }

  @Test func `a kill in mid-load fails some calls as unknown, and work goes on`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let stop = Box(false)
    let counts = Box((done: 0, unknown: 0, wrong: [String]()))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<32 {
        group.addTask {
          var n = 0
          while !stop.value {
            n += 1
            do throws(RedisError) {
              let value = try await redis.send("ECHO", "\(worker)/\(n)")
              counts.update { counts in
                if value == .bulk(Array("\(worker)/\(n)".utf8)) {
                  counts.done += 1
                } else {
                  counts.wrong.append("\(value)")
                }
              }
            } catch {
              counts.update { counts in
                switch (error.code, error.execution) {
                case (.connectionLost, .unknown): counts.unknown += 1
                case (.connect, .notExecuted): break
                default: counts.wrong.append("\(error)")
                }
              }
            }
          }
        }
      }
      group.addTask {
        // Often the kill finds calls under way; until it has, it proves nothing.
        for round in 0..<20 where round < 3 || counts.value.unknown == 0 {
          let before = counts.value.done
          try await eventually { counts.value.done > before + 500 }
          try await server.restart()
        }
        let before = counts.value.done
        try await eventually { counts.value.done > before + 500 }
        stop.value = true
      }
      try await group.waitForAll()
    }
    #expect(counts.value.unknown > 0, "the kills hit nothing")
    #expect(counts.value.wrong == [])
  }

  @Test func `a killed connection is replaced`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let other = try RedisClient(server.url)
    let before = try await redis.send("CLIENT", "ID").int!
    _ = try await other.send("CLIENT", "KILL", "ID", before)
    try await eventually { (try? await redis.send("CLIENT", "ID").int).map { $0 != before } ?? false }
  }

  @Test func `passwords that are wrong, missing or right`() async throws {
    let server = try await RedisServer.start(.tcp, arguments: ["--requirepass", "correct-horse"])
    defer { server.close() }
    let address = "127.0.0.1:\(server.port!)"
    let wrong = try await failure { () throws(RedisError) in
      try await RedisClient("redis://:battery-staple@\(address)").send("PING")
    }
    #expect(wrong.code == .auth && wrong.execution == .notExecuted && wrong.serverCode == "WRONGPASS")
    #expect(!"\(wrong)".contains("battery-staple"))
    let missing = try await failure { () throws(RedisError) in try await RedisClient("redis://\(address)").send("PING")
    }
    #expect(missing.code == .auth && missing.serverCode == "NOAUTH")
    #expect(try await RedisClient("redis://:correct-horse@\(address)").send("PING") == .simple("PONG"))
    #expect(try await RedisClient("redis://default:correct-horse@\(address)/2").send("PING") == .simple("PONG"))
  }

  @Test func `an error repeats no argument`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let error = try await failure { () throws(RedisError) in try await redis.send("NOSUCHCOMMAND", "canary-value") }
    #expect(error.code == .server)
    // Redis 6.2 quotes otherwise.
    #expect(["ERR unknown command 'NOSUCHCOMMAND'", "ERR unknown command `NOSUCHCOMMAND`"].contains(error.message))
  }

  @Test func `a server that loads its data says so`() async throws {
    let slow = ["--key-load-delay", "500", "--rdbcompression", "no"]
    // Before 7.0 a server that loads answers after every 2 MiB only.
    let often = ["--enable-debug-command", "yes", "--loading-process-events-interval-bytes", "1024"]
    let server = try await RedisServer.start(arguments: try await isRedis7() ? slow + often : slow)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("DEBUG", "POPULATE", 2000, "key", 2500)
    async let reload = redis.deadline(.seconds(60)).send("DEBUG", "RELOAD")
    let other = try RedisClient(server.url)
    var seen: RedisError?
    try await eventually {
      do throws(RedisError) { _ = try await other.send("GET", "key:1") } catch { seen = error }
      return seen?.code == .loading
    }
    #expect(seen?.code == .loading && seen?.execution == .notExecuted)
    _ = try? await reload
    try await eventually(within: .seconds(30)) { (try? await other.send("GET", "key:1")) != nil }
  }

  @Test func `a replica, a full memory and a wrong type have names of their own`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("LPUSH", "list", "a")
    let type = try await failure { () throws(RedisError) in try await redis.send("INCR", "list") }
    #expect(type.code == .wrongType && type.execution == .notExecuted && type.command == "INCR")

    _ = try await redis.send("CONFIG", "SET", "maxmemory", 1)
    let memory = try await failure { () throws(RedisError) in try await redis.send("SET", "k", "v") }
    #expect(memory.code == .outOfMemory && memory.execution == .notExecuted)
    _ = try await redis.send("CONFIG", "SET", "maxmemory", 0)

    _ = try await redis.send("REPLICAOF", "127.0.0.1", 1)
    let replica = try await failure { () throws(RedisError) in try await redis.send("SET", "k", "v") }
    #expect(replica.code == .readOnly && replica.execution == .notExecuted)
    _ = try await redis.send("REPLICAOF", "NO", "ONE")
    #expect(try await redis.send("SET", "k", "v") == .simple("OK"))
  }

  @Test func `a server without a place for us says so`() async throws {
    let server = try await RedisServer.start(arguments: ["--maxclients", "1"])
    defer { server.close() }
    let first = try RedisClient(server.url)
    _ = try await first.send("PING")
    var options = RedisClientOptions()
    options.connectTimeout = .milliseconds(200)
    let second = try RedisClient(server.url, options: options)
    let error = try await failure { () throws(RedisError) in try await second.send("PING") }
    #expect([.maxClients, .connect].contains(error.code) && error.execution == .notExecuted)
    first.close()
    try await eventually { (try? await second.send("PING")) == .simple("PONG") }
  }

  @Test func `a script that fails half-way is partial`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let key = "half-\(UInt64.random(in: 0 ... .max))"
    let error = try await failure { () throws(RedisError) in
      try await redis.send(
        "EVAL", "redis.call('SET', KEYS[1], 'x', 'PX', 60000) return redis.call('INCR', KEYS[1])", 1, key)
    }
    #expect(error.execution == .partial)
    #expect(try await redis.send("GET", key).string == "x")
  }
}
