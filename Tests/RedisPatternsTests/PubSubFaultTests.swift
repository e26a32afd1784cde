import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.serialized) struct `Subscriptions under faults` {
  @Test func `twenty kills under load: every gap is told, none is invented`() async throws {
    let kills = RandomRun.count(20)
    try await withServer { server, plain in
      let subscriber = Subscriber(
        on: try RedisClient(server.url), codec: .string, options: SubscriberOptions(buffer: 100_000))
      let subscription = try await subscriber.subscribe(to: ["a"])
      let (reading, load) = (Reading(subscription), try Load("a", on: server.url))
      for number in 0..<kills {
        let before = reading.account.value.last
        try await eventually { load.published.value > before + 3 && reading.account.value.last > before }
        _ = try await plain.execute(RESPCommand("CLIENT", "KILL", "TYPE", "pubsub"))
        try await eventually { subscription.connections >= number + 2 }
      }
      await load.stop()
      try await eventually { reading.account.value.last >= load.published.value }
      await reading.stop()
      let account = reading.account.value
      Evidence.record(
        "pubsub", "kills", count: kills, violations: Int(account.violations) + account.unknownGaps,
        seen: ["messages": account.given, "missed and told": Int(account.missed), "gaps": account.gaps])
      #expect(account.violations == 0)
      #expect(account.unknownGaps == 0)
      #expect(Int64(account.given) + account.missed == account.last)
      #expect(account.gaps <= subscription.connections - 1)
      #expect(account.missed > 0, "no message was lost: the kills proved nothing")
    }
  }

  @Test func `a subscription that ends on a lost connection misses in the same harness without a word`() async throws {
    try await withServer { server, plain in
      // As most clients do it: subscribe again when the connection is lost, and go on.
      let redis = try RedisClient(server.url)
      let load = try Load("a", on: server.url)
      var account = Account()
      for _ in 0..<10 {
        let naive = try await redis.subscribe(to: ["channel:{a}"])
        var read = 0
        reading: for await event in naive {
          switch event {
          case .message(_, let payload):
            account.take(RawMessage(payload, channel: "a").position.sequence)
            read += 1
            if read == 3 { _ = try await plain.execute(RESPCommand("CLIENT", "KILL", "TYPE", "pubsub")) }
          case .gap: break reading
          default: continue
          }
        }
      }
      await load.stop()
      Evidence.control("pubsub", ["missed without a word by a subscriber that subscribes again": Int(account.silent)])
      #expect(account.silent > 0)
    }
  }

  @Test func `a killed server that comes back empty is a gap of unknown size each time`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let subscription = try await Subscriber(on: try RedisClient(server.url), codec: .string).subscribe(to: ["a"])
    let (reading, load) = (Reading(subscription), try Load("a", on: server.url))
    for number in 1...3 {
      try await eventually { reading.account.value.given > 0 && !reading.account.value.openEnd }
      try await server.restart()
      try await eventually { reading.account.value.unknownGaps == number }
    }
    // Numbers begin anew: the last that was published must be one of these.
    try await eventually { !reading.account.value.openEnd }
    await load.stop()
    try await eventually { reading.account.value.last >= load.published.value }
    await reading.stop()
    #expect(reading.account.value.violations == 0)
    #expect(reading.account.value.unknownGaps == 3)
    #expect(reading.account.value.gaps == 0)
  }

  @Test func `a half-open connection is found by PING, and what it missed is told`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let proxy = try FaultProxy(to: server)
    defer { proxy.close() }
    var options = RedisClientOptions()
    options.subscriptionPingAfter = .milliseconds(200)
    options.subscriptionPongWithin = .milliseconds(300)
    options.commandTimeout = .seconds(2)
    let subscription = try await Subscriber(on: try RedisClient(proxy.url, options: options), codec: .string)
      .subscribe(to: ["a"])
    let (reading, load) = (Reading(subscription), try Load("a", on: server.url))
    try await eventually { reading.account.value.given > 3 }
    proxy.fault = .blackhole
    let connections = proxy.connections
    let held = load.published.value
    // A further connection: the old one was given up.
    try await eventually { proxy.connections > connections && load.published.value > held + 20 }
    proxy.fault = .none
    try await eventually(within: .seconds(30)) {
      subscription.connections >= 2 && reading.account.value.last > held + 20
    }
    await load.stop()
    try await eventually { reading.account.value.last >= load.published.value }
    await reading.stop()
    #expect(reading.account.value.violations == 0)
    #expect(reading.account.value.unknownGaps == 0)
    #expect(reading.account.value.missed > 0)
  }

  @Test(arguments: [SlowReader.dropOldest, .dropNewest, .latestPerChannel])
  func `a reader that is too slow is told exactly what it missed`(policy: SlowReader) async throws {
    try await withServer { server, _ in
      let options = SubscriberOptions(buffer: 5, slowReader: policy)
      let subscription = try await Subscriber(on: try RedisClient(server.url), codec: .string, options: options)
        .subscribe(to: ["a"])
      let (reading, load) = (Reading(subscription, pause: .milliseconds(20)), try Load("a", on: server.url))
      try await eventually { load.published.value > 150 && subscription.dropped > 20 }
      await load.stop()
      try await eventually { reading.account.value.last >= load.published.value }
      await reading.stop()
      let account = reading.account.value
      #expect(account.violations == 0)
      #expect(account.missed == Int64(subscription.dropped))
    }
  }
}
