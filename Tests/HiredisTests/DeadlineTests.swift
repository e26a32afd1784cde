import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Deadlines, cancellation and limits` {
  @Test func `a stopped server costs the deadline, and the connection works on`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    server.pause()
    let begun = ContinuousClock.now
    let error = await #expect(throws: RedisError.self) {
      try await redis.deadline(.milliseconds(50)).send("ECHO", "late")
    }
    let took = ContinuousClock.now - begun
    #expect(error?.code == .timeout)
    #expect(error?.execution == .unknown)
    #expect(error?.command == "ECHO")
    #expect(took >= .milliseconds(50) && took < .seconds(2), "\(took)")
    server.resume()
    // The late answer belongs to the one who gave up, not to us.
    #expect(try await redis.send("ECHO", "next") == .bulk(Array("next".utf8)))
    let info = try await redis.send("INFO", "stats").string!
    #expect(info.contains("total_connections_received:2\r\n"), "the connection was replaced")
  }

  @Test func `a short deadline does not wait behind a long one`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    server.pause()
    let patient = Task { try await redis.deadline(.seconds(30)).send("ECHO", "patient") }
    await #expect(throws: RedisError.self) { try await redis.deadline(.milliseconds(30)).send("PING") }
    server.resume()
    #expect(try await patient.value == .bulk(Array("patient".utf8)))
  }

  @Test func `a cancelled call ends at once`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    server.pause()
    let call = Task { try await redis.send("ECHO", "x") }
    try await Task.sleep(for: .milliseconds(20))
    call.cancel()
    let error = await #expect(throws: RedisError.self) { try await call.value }
    #expect(error?.code == .cancelled)
    server.resume()
    #expect(try await redis.send("ECHO", "y") == .bulk([121]))
  }

  @Test func `a cancelled task sends nothing`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let key = "cancelled-\(UInt64.random(in: 0 ... .max))"
    let call = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await redis.send("SET", key, "x", "PX", 60_000)
    }
    let error = await #expect(throws: RedisError.self) { try await call.value }
    #expect(error?.code == .cancelled && error?.execution == .notExecuted)
    #expect(try await redis.send("EXISTS", key) == .integer(0))
  }

  @Test func `what expires unsent is never sent`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    server.kill()
    // Until the client has seen the loss, a command still leaves, and its fate is unknown.
    try await eventually {
      do throws(RedisError) {
        _ = try await redis.deadline(.milliseconds(100)).send("PING")
        return false
      } catch {
        return error.execution == .notExecuted
      }
    }
    let error = await #expect(throws: RedisError.self) {
      try await redis.deadline(.milliseconds(100)).send("SET", "ghost", "1")
    }
    #expect(error?.execution == .notExecuted)
    try await server.restart()
    try await eventually { (try? await redis.send("PING")) != nil }
    #expect(try await redis.send("EXISTS", "ghost") == .integer(0))
  }

  @Test func `more callers than the limit are refused, not queued without end`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    var options = RedisClientOptions()
    options.maxInFlight = 10
    let redis = try RedisClient(server.url, options: options)
    _ = try await redis.send("PING")
    server.pause()
    let calls = (0..<10).map { n in Task { try await redis.send("ECHO", n) } }
    try await eventually {
      do throws(RedisError) {
        _ = try await redis.deadline(.milliseconds(5)).send("PING")
        return false
      } catch {
        return error.code == .overloaded && error.execution == .notExecuted
      }
    }
    server.resume()
    for (n, call) in calls.enumerated() {
      if let value = try? await call.value { #expect(value == .bulk(Array("\(n)".utf8))) }
    }
    try await eventually { (try? await redis.send("PING")) == .simple("PONG") }
  }

  @Test func `a command beyond the byte limit is an error of its own`() async throws {
    var options = RedisClientOptions()
    options.maxQueuedBytes = 1000
    let redis = try RedisClient(await RedisServer.shared().url, options: options)
    let error = await #expect(throws: RedisError.self) {
      try await redis.send("ECHO", [UInt8](repeating: 65, count: 2000))
    }
    #expect(error?.code == .argument && error?.execution == .notExecuted)
    #expect(try await redis.send("ECHO", "small") == .bulk(Array("small".utf8)))
  }

  @Test func `a closed client says so`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    _ = try await redis.send("PING")
    redis.close()
    try await eventually {
      do throws(RedisError) {
        _ = try await redis.send("PING")
        return false
      } catch {
        return error.code == .closed && error.execution == .notExecuted
      }
    }
  }

  @Test func `work on the loop sees the same client`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let sum = try await redis.withLoop {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for n in 0..<100 {
          group.addTask {
            var sum = 0
            for m in 0..<20 { sum += Int(try await redis.send("ECHO", n * m).int ?? -1) }
            return sum
          }
        }
        return try await group.reduce(0, +)
      }
    }
    #expect(sum == (0..<100).reduce(0, +) * (0..<20).reduce(0, +))
  }
}
