import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Pub/sub` {
  @Test func `what is published after subscribing arrives in order, by channel and by pattern`() async throws {
    let space = try await TestSpace.shared()
    let subscriber = Subscriber(on: space.redis, codec: .string, namespace: space.namespace)
    let publisher = Publisher("x*.1", on: space.redis, codec: .string, namespace: space.namespace)
    try await publisher.publish("before")
    let byName = try await subscriber.subscribe(to: ["x*.1"])
    let byPattern = try await subscriber.subscribe(patterns: ["x[*].?"])
    for number in 0..<50 { try await publisher.publish("\(number)") }
    for number in 0..<50 {
      for (subscription, pattern) in [(byName, String?.none), (byPattern, "x[*].?")] {
        guard case .message(let message)? = try await subscription.next() else {
          Issue.record("no message")
          return
        }
        #expect(message.value == "\(number)")
        #expect(message.sequence == Int64(number + 2))
        #expect(message.channel == "x*.1")
        #expect(message.pattern == pattern)
      }
    }
  }

  @Test func `a literal pattern and a namespace with stars match only themselves`() async throws {
    let space = try await TestSpace.shared()
    let namespace = space.namespace + "*"
    let subscription = try await Subscriber(on: space.redis, codec: .string, namespace: namespace)
      .subscribe(patterns: [ChannelPattern.literal("a?")])
    try await Publisher("ab", on: space.redis, codec: .string, namespace: namespace).publish("another name")
    try await Publisher("a?", on: space.redis, codec: .string, namespace: space.namespace + "x").publish(
      "another space")
    try await Publisher("a?", on: space.redis, codec: .string, namespace: namespace).publish("ours")
    guard case .message(let message)? = try await subscription.next() else {
      Issue.record("no message")
      return
    }
    #expect(message.value == "ours")
  }

  @Test func `what cannot be decoded is told, and the next is read`() async throws {
    let space = try await TestSpace.shared()
    let subscription = try await Subscriber(on: space.redis, codec: .string, namespace: space.namespace)
      .subscribe(to: ["a"])
    _ = try await space.redis.send("PUBLISH", "\(space.namespace):channel:{a}", "plain")
    try await Publisher("a", on: space.redis, codec: .bytes, namespace: space.namespace).publish([1])
    try await Publisher("a", on: space.redis, codec: .string, namespace: space.namespace).publish("text")
    var kinds: [String] = []
    for _ in 0..<3 {
      switch try await subscription.next() {
      case .message(let message): kinds.append(message.value)
      case .undecodable(let message): kinds.append(message.reason)
      default: kinds.append("none")
      }
    }
    #expect(kinds == ["it was not published by this library", "it has codec 0, this subscriber 1", "text"])
  }

  @Test func `publishing is one round trip, and subscribing asks once a channel`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      let publisher = Publisher("a", on: redis, codec: .string)
      try await publisher.publish("loads the script")
      let first = try await Subscriber(on: redis, codec: .string).subscribe(to: ["loads the other"])
      func calls() async throws -> Int64 {
        let stats = try await plain.execute(RESPCommand("INFO", "commandstats")).string ?? ""
        let line = stats.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_evalsha:calls=") } ?? ""
        return Int64(line.dropFirst(22).prefix { $0 != "," }) ?? 0
      }
      let before = try await calls()
      try await publisher.publish("one")
      #expect(try await calls() == before + 1)
      let second = try await Subscriber(on: redis, codec: .string).subscribe(to: ["a", "b"])
      #expect(try await calls() == before + 3)
      withExtendedLifetime((first, second)) {}
    }
  }

  @Test func `publishing works when the memory is full`() async throws {
    try await withServer { server, plain in
      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      let redis = try RedisClient(server.url)
      let subscription = try await Subscriber(on: redis, codec: .string).subscribe(to: ["a"])
      #expect(try await Publisher("a", on: redis, codec: .string).publish("x").sequence == 1)
      guard case .message? = try await subscription.next() else {
        Issue.record("no message")
        return
      }
    }
  }

  @Test func `the policy disconnect gives what waits, then ends`() async throws {
    try await withServer { server, _ in
      let redis = try RedisClient(server.url)
      let options = SubscriberOptions(buffer: 2, slowReader: .disconnect)
      let subscription = try await Subscriber(on: redis, codec: .string, options: options).subscribe(to: ["a"])
      let publisher = Publisher("a", on: redis, codec: .string)
      for number in 0..<3 { try await publisher.publish("\(number)") }
      try await eventually { try await publisher.publish("more").receivers == 0 }
      for _ in 0..<2 { #expect(try await subscription.next() != nil) }
      let ended = await #expect(throws: PubSubError.self) { try await subscription.next() }
      #expect(ended?.code == .slow)
    }
  }

  @Test func `a subscription that may not be is refused, and one that may no longer be ends with a reason`()
    async throws
  {
    try await withServer { server, plain in
      _ = try await plain.execute(
        RESPCommand("ACL", "SETUSER", "r", "on", ">secret", "+@all", "~*", "resetchannels", "&channel:{open}"))
      let redis = try RedisClient(server.url.replacing("unix://", with: "unix://r:secret@"))
      let subscriber = Subscriber(on: redis, codec: .string)
      let refused = await #expect(throws: RedisError.self) { try await subscriber.subscribe(to: ["closed"]) }
      #expect(refused?.code == .permission)
      let open = try await subscriber.subscribe(to: ["open"])
      _ = try await plain.execute(RESPCommand("ACL", "SETUSER", "r", "resetchannels"))
      let ended = await #expect(throws: PubSubError.self) {
        while try await open.next() != nil {}
      }
      #expect(ended?.code == .ended)
    }
  }

  @Test func `a wrong argument is seen before anything is sent`() async throws {
    let redis = try RedisClient("unix:///nonexistent/redis.sock")
    for (options, channels) in [
      (SubscriberOptions(buffer: 0), ["a"]), (SubscriberOptions(), [""]), (SubscriberOptions(), []),
    ] {
      let wrong = await #expect(throws: RedisError.self) {
        try await Subscriber(on: redis, codec: .string, options: options).subscribe(to: channels)
      }
      #expect(wrong?.code == .argument && wrong?.execution == .notExecuted)
    }
  }

  @Test func `a subscription that is dropped, closed or cancelled leaves nothing on the server`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      let subscriber = Subscriber(on: redis, codec: .string)
      func subscribers() async throws -> Int64? {
        try await plain.execute(RESPCommand("PUBSUB", "NUMSUB", "channel:{a}")).array?[1].int
      }
      do {
        let dropped = try await subscriber.subscribe(to: ["a"])
        #expect(try await subscribers() == 1)
        withExtendedLifetime(dropped) {}
      }
      try await eventually { try await subscribers() == 0 }
      let closed = try await subscriber.subscribe(to: ["a"])
      closed.close()
      #expect(try await closed.next() == nil)
      try await eventually { try await subscribers() == 0 }
      let reader = Task {
        let cancelled = try await subscriber.subscribe(to: ["a"])
        for try await _ in cancelled {}
      }
      try await eventually { try await subscribers() == 1 }
      reader.cancel()
      _ = await reader.result
      try await eventually { try await subscribers() == 0 }
    }
  }
}
