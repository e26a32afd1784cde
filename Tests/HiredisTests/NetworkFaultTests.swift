import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

/// Faults of the network, made by a proxy. Each: a typed error in time, no crash, and the next call works.
@Suite struct `Faults of the network` {
  private func withProxy(
    _ options: RedisClientOptions = .init(),
    _ body: (FaultProxy, RedisClient, RedisServer) async throws -> Void
  ) async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let proxy = try FaultProxy(to: server)
    defer { proxy.close() }
    let redis = try RedisClient(proxy.url, options: options)
    #expect(try await redis.send("PING") == .simple("PONG"))
    try await body(proxy, redis, server)
    #expect(proxy.fired > 0, "the fault never struck")
    proxy.fault = .none
    try await eventually { (try? await redis.send("ECHO", "after")) == .bulk(Array("after".utf8)) }
  }

  @Test(arguments: [FaultProxy.Fault.dropReply, .reset, .truncate(0), .truncate(2)])
  func `a lost reply never makes INCR run twice`(_ fault: FaultProxy.Fault) async throws {
    try await withProxy { proxy, redis, server in
      let direct = try RedisClient(server.url)
      proxy.fault = fault
      let error = await #expect(throws: RedisError.self) { try await redis.send("INCR", "counter") }
      #expect(error?.code == .connectionLost && error?.execution == .unknown && error?.command == "INCR")
      #expect(try await direct.send("GET", "counter").int == 1)
    }
  }

  @Test func `the same fault makes a client that repeats run it twice`() async throws {
    try await withProxy { proxy, redis, server in
      let direct = try RedisClient(server.url)
      proxy.fault = .dropReply
      var answer = try? await redis.send("INCR", "counter")
      if answer == nil { answer = try await redis.send("INCR", "counter") }
      #expect(answer == .integer(2))
      #expect(try await direct.send("GET", "counter").int == 2)
    }
  }

  @Test func `a request that is reset on its way is unknown, not repeated`() async throws {
    try await withProxy { proxy, redis, server in
      proxy.fault = .resetRequest
      let error = await #expect(throws: RedisError.self) { try await redis.send("INCR", "counter") }
      #expect(error?.code == .connectionLost && error?.execution == .unknown)
      let exists = try await RedisClient(server.url).send("EXISTS", "counter")
      #expect(exists == .integer(0))
    }
  }

  @Test func `a reset in the middle of a large write is an error, not a signal`() async throws {
    try await withProxy { proxy, redis, _ in
      let large = [UInt8](repeating: 1, count: 8 << 20)
      for _ in 0..<3 {
        proxy.fault = .resetRequest
        let error = await #expect(throws: RedisError.self) { try await redis.send("SET", "large", large) }
        #expect(error?.execution == .unknown)
        try await eventually { (try? await redis.send("PING")) != nil }
      }
    }
  }

  @Test func `a half-open connection costs the deadline, then is replaced`() async throws {
    var options = RedisClientOptions()
    options.commandTimeout = .seconds(1)
    try await withProxy(options) { proxy, redis, _ in
      proxy.fault = .blackhole
      let begun = ContinuousClock.now
      let error = await #expect(throws: RedisError.self) { try await redis.send("GET", "x") }
      #expect(error?.code == .timeout && error?.execution == .unknown)
      #expect(ContinuousClock.now - begun < .seconds(3))
      proxy.fault = .drip
      try await eventually { (try? await redis.send("PING")) != nil }
    }
  }

  @Test func `replies that drip byte by byte arrive whole`() async throws {
    try await withProxy { proxy, redis, _ in
      proxy.fault = .drip
      let value = String(repeating: "drop ", count: 40)
      let echo = try await redis.send("ECHO", value)
      #expect(echo.string == value)
      let nested = try await redis.send("EVAL", "return {1, {'ab', false}}", 0)
      #expect(nested == .array([.integer(1), .array([.bulk([97, 98]), .null])]))
    }
  }

  @Test(arguments: [
    "\u{0}\u{1}\u{2}", "HTTP/1.1 400 Bad Request\r\n\r\n", "%1\r\n+a\r\n+b\r\n", "$x\r\n", "*-2\r\n", ":12a\r\n",
    "+OK\r\n+surplus\r\n", String(repeating: "*1\r\n", count: 40) + ":1\r\n", "$99999999999999999999\r\n",
  ])
  func `garbage ends the connection with a typed error`(_ garbage: String) async throws {
    try await withProxy { proxy, redis, _ in
      proxy.fault = .replace(Array(garbage.utf8))
      do throws(RedisError) {
        let value = try await redis.send("ECHO", "x")
        #expect(garbage.hasPrefix("+OK") && value == .simple("OK"))
      } catch {
        #expect([.protocol, .limit].contains(error.code) && error.execution == .unknown, "\(error)")
      }
    }
  }

  @Test(arguments: ["*2147483647\r\n", "$2147483647\r\n", "*1000000000\r\n$3\r\n", "$134217729\r\n"])
  func `hostile sizes are refused as soon as they are announced`(_ header: String) async throws {
    try await withProxy { proxy, redis, _ in
      proxy.fault = .replace(Array(header.utf8))
      let begun = ContinuousClock.now
      let error = await #expect(throws: RedisError.self) { try await redis.send("GET", "x") }
      #expect(error?.code == .limit && error?.execution == .unknown, "\(error!)")
      // A deadline would take seconds; the parser's own time is measured in ReplyLimitTests.
      #expect(ContinuousClock.now - begun < .seconds(1))
    }
  }

  @Test func `one bad reply tells the others that they were beside it`() async throws {
    try await withProxy { proxy, redis, server in
      server.pause()
      let calls = (0..<5).map { n in Task { try await redis.send("ECHO", n) } }
      try await eventually {
        proxy.fault = .replace(Array("*2147483647\r\n".utf8)); return true
      }
      server.resume()
      var codes: [RedisError.Code] = []
      for call in calls {
        if case .failure(let error as RedisError) = await call.result { codes.append(error.code) }
      }
      #expect(codes.filter { $0 == .limit }.count <= 1)
      #expect(codes.allSatisfy { $0 == .limit || $0 == .connectionLost })
    }
  }

  @Test func `an endless line is refused`() async throws {
    try await withProxy { proxy, redis, _ in
      proxy.fault = .replace(Array(("+" + String(repeating: "a", count: 20_000)).utf8))
      let error = await #expect(throws: RedisError.self) { try await redis.send("GET", "x") }
      #expect(error?.code == .limit)
    }
  }

  @Test func `a storm of faults shifts nothing`() async throws {
    let seed = RandomRun.seed("a storm of faults")
    let wrong = Box([String]())
    let answered = Box(0)
    try await withProxy { proxy, redis, _ in
      let stop = Box(false)
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<16 {
          group.addTask {
            var n = 0
            while !stop.value {
              n += 1
              let nonce = "\(worker)/\(n)"
              guard let answer = try? await redis.deadline(.milliseconds(200)).send("ECHO", nonce) else { continue }
              answered.update { $0 += 1 }
              if answer != .bulk(Array(nonce.utf8)) { wrong.update { $0.append("\(nonce): \(answer)") } }
            }
          }
        }
        group.addTask {
          var chance = SeededGenerator(seed: seed)
          let faults: [FaultProxy.Fault] = [.dropReply, .reset, .resetRequest, .truncate(3), .none]
          for _ in 0..<RandomRun.count(60) {
            proxy.fault = faults.randomElement(using: &chance)!
            let before = answered.value
            let limit = ContinuousClock.now + .milliseconds(100)
            while answered.value < before + 20, ContinuousClock.now < limit { await Task.yield() }
          }
          stop.value = true
        }
      }
    }
    #expect(answered.value > 50)
    #expect(wrong.value == [])
  }
}
