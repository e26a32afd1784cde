import Hiredis
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Subscriptions` {
  private func channel() -> String { "channel-\(UInt64.random(in: 0 ... .max))" }

  @Test func `what is published after subscribe returns arrives, in order`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let name = channel()
    let subscription = try await redis.subscribe(to: [name])
    for n in 0..<100 { #expect(try await redis.send("PUBLISH", name, n) == .integer(1)) }
    var expected = 0
    for await event in subscription {
      #expect(event == .message(channel: name, payload: Array("\(expected)".utf8)))
      expected += 1
      if expected == 100 { break }
    }
    #expect(expected == 100)
  }

  @Test func `readers of one channel share one connection, each with all messages`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let readers = try await withThrowingTaskGroup(of: RedisSubscription.self) { group in
      for n in 0..<10 { group.addTask { try await redis.subscribe(to: ["all", "own-\(n)"]) } }
      var readers: [RedisSubscription] = []
      for try await reader in group { readers.append(reader) }
      return readers
    }
    #expect(try await redis.send("PUBLISH", "all", "hello") == .integer(1))
    for reader in readers {
      var iterator = reader.makeAsyncIterator()
      #expect(await iterator.next() == .message(channel: "all", payload: Array("hello".utf8)))
    }
    // The probe that saw the server ready may still be on its way out.
    try await eventually { try await redis.send("INFO", "clients").string!.contains("connected_clients:2") }
  }

  @Test func `the last reader of a channel ends the server's subscription`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    func subscribers() async throws -> Int64? { try await redis.send("PUBSUB", "NUMSUB", "c").array?[1].int }
    do {
      let one = try await redis.subscribe(to: ["c"])
      do {
        let two = try await redis.subscribe(to: ["c"])
        withExtendedLifetime(two) {}
      }
      #expect(try await subscribers() == 1)
      withExtendedLifetime(one) {}
    }
    try await eventually { try await subscribers() == 0 }
  }

  @Test func `a lost connection is a gap, and messages come again`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let subscription = try await redis.subscribe(to: ["c"])
    var events = subscription.makeAsyncIterator()
    _ = try await redis.send("CLIENT", "KILL", "TYPE", "pubsub")
    #expect(await events.next() == .gap(reason: "the connection was replaced"))
    // The gap says that the new subscription is in force: this message must arrive.
    #expect(try await redis.send("PUBLISH", "c", "after") == .integer(1))
    #expect(await events.next() == .message(channel: "c", payload: Array("after".utf8)))
  }

  @Test func `patterns are confirmed, matched and renewed beside channels`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let subscription = try await redis.subscribe(to: ["a.1"], patterns: ["a.*"])
    var events = subscription.makeAsyncIterator()
    for _ in 0..<2 {
      #expect(try await redis.send("PUBLISH", "a.1", "x") == .integer(2))
      #expect(await events.next() == .message(channel: "a.1", payload: [120]))
      #expect(await events.next() == .patternMessage(pattern: "a.*", channel: "a.1", payload: [120]))
      _ = try await redis.send("CLIENT", "KILL", "TYPE", "pubsub")
      #expect(await events.next() == .gap(reason: "the connection was replaced"))
    }
  }

  @Test func `an answer stands behind all that the server sent before`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let subscription = try await redis.subscribe(to: ["c"])
    for n in 0..<20 { _ = try await redis.send("PUBLISH", "c", n) }
    #expect(subscription.ask(7))
    var events = subscription.makeAsyncIterator()
    for n in 0..<20 { #expect(await events.next() == .message(channel: "c", payload: Array("\(n)".utf8))) }
    #expect(await events.next() == .answered(7))
  }

  @Test func `a silent connection that does not answer PING is replaced, a quiet one that does is not`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let proxy = try FaultProxy(to: server)
    defer { proxy.close() }
    var options = RedisClientOptions()
    options.subscriptionPingAfter = .milliseconds(100)
    options.subscriptionPongWithin = .milliseconds(500)
    let redis = try RedisClient(proxy.url, options: options)
    let subscription = try await redis.subscribe(to: ["c"])
    let direct = try RedisClient(server.url)
    func pings() async throws -> Int {
      let stats = try await direct.send("INFO", "commandstats").string ?? ""
      let line = stats.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_ping:calls=") } ?? ""
      return Int(line.dropFirst(19).prefix { $0 != "," }) ?? 0
    }
    try await eventually { try await pings() >= 5 }
    #expect(proxy.connections == 1)
    proxy.fault = .blackhole
    try await eventually { proxy.connections > 1 }
    proxy.fault = .none
    var events = subscription.makeAsyncIterator()
    #expect(await events.next() == .gap(reason: "the connection was replaced"))
  }

  @Test func `a restarted server is a gap too`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let subscription = try await redis.subscribe(to: ["a", "b"])
    var events = subscription.makeAsyncIterator()
    try await server.restart()
    guard case .gap = await events.next() else {
      Issue.record("no gap")
      return
    }
    #expect(try await redis.send("PUBLISH", "b", "x") == .integer(1))
    #expect(await events.next() == .message(channel: "b", payload: [120]))
  }

  @Test func `a slow reader gets what fits, then one gap, then the rest`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    var options = RedisClientOptions()
    options.subscriptionBuffer = 5
    let redis = try RedisClient(server.url, options: options)
    let subscription = try await redis.subscribe(to: ["c"])
    let barrier = try await redis.subscribe(to: ["barrier"])
    for n in 0..<50 { _ = try await redis.send("PUBLISH", "c", n) }
    _ = try await redis.send("PUBLISH", "barrier", "x")
    // The other reader has it: so all before it was offered to ours.
    var other = barrier.makeAsyncIterator()
    _ = await other.next()
    var events = subscription.makeAsyncIterator()
    for n in 0..<5 {
      #expect(await events.next() == .message(channel: "c", payload: Array("\(n)".utf8)))
    }
    guard case .gap = await events.next() else {
      Issue.record("no gap")
      return
    }
    _ = try await redis.send("PUBLISH", "c", "later")
    #expect(await events.next() == .message(channel: "c", payload: Array("later".utf8)))
  }

  @Test func `an absent server, a forbidden channel and no channel are errors`() async throws {
    var options = RedisClientOptions()
    options.connectTimeout = .milliseconds(300)
    let absent = try RedisClient("unix:///nonexistent/redis.sock", options: options)
    let refused = await #expect(throws: RedisError.self) { _ = try await absent.subscribe(to: ["c"]) }
    #expect(refused?.code == .connect && refused?.execution == .notExecuted)

    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("ACL", "SETUSER", "reader", "on", ">secret", "+@all", "~*", "resetchannels", "&open:*")
    let reader = try RedisClient(server.url.replacing("unix://", with: "unix://reader:secret@"))
    let forbidden = await #expect(throws: RedisError.self) { _ = try await reader.subscribe(to: ["closed:1"]) }
    #expect(forbidden?.code == .permission)
    let open = try await reader.subscribe(to: ["open:1"])
    withExtendedLifetime(open) {}
    let none = await #expect(throws: RedisError.self) { _ = try await redis.subscribe(to: []) }
    #expect(none?.code == .argument)
  }

  @Test func `a cancelled reader ends, a closed client ends all readers`() async throws {
    let redis = try RedisClient(await RedisServer.shared().url)
    let name = channel()
    let subscription = try await redis.subscribe(to: [name])
    let reader = Task {
      for await _ in subscription {}
      return true
    }
    reader.cancel()
    #expect(await reader.value)
    let other = try await redis.subscribe(to: [name])
    redis.close()
    for await _ in other {}
  }
}
