import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `A stream` {
  @Test func `a repeated request appends once and gives the first id`() async throws {
    let space = try await TestSpace.shared()
    let stream = MessageStream("x", on: space.redis, replay: .seconds(60), namespace: space.namespace)
    let first = try await stream.add(["n": "1"], request: "r")
    let again = try await stream.add(["n": "2"], request: "r")
    #expect(again == StreamAdded(id: first.id, isDuplicate: true))
    let other = try await stream.add(["n": "1"])
    #expect(!other.isDuplicate && other.id != first.id)
    #expect(try await space.length == 2)
  }

  @Test func `an append cuts the stream to its length and its age`() async throws {
    try await withStreamServer { redis in
      // Small nodes, so that cutting is exact.
      _ = try await redis.send("CONFIG", "SET", "stream-node-max-entries", 1)
      let stream = MessageStream("x", on: redis, maxLength: 3)
      for n in 1...10 { try await stream.add(["n": "\(n)"]) }
      #expect(try await redis.send("XLEN", "stream:{x}") == .integer(3))
      let young = MessageStream("x", on: redis, maxLength: nil, keep: .milliseconds(1))
      let before = ContinuousClock.now
      try await eventually { ContinuousClock.now > before + .milliseconds(5) }
      try await young.add(["n": "11"])
      #expect(try await redis.send("XLEN", "stream:{x}") == .integer(1))
    }
  }

  @Test func `every message is handled once when nothing fails`() async throws {
    let space = try await TestSpace.shared()
    let stream = try await space.fill(40)
    let seen = Box<[String]>([])
    try await space.working({ message in seen.update { $0.append(message.text("n") ?? "") } }) { consumer in
      try await eventually { consumer.stats.acked == 40 }
    }
    #expect(seen.value.sorted() == (0..<40).map(String.init).sorted())
    let lag = try #require(try await stream.lag(of: "g"))
    #expect(lag.unread == 0 && lag.pending == 0 && lag.isExact)
    #expect(try await stream.lag(of: "nobody") == nil)
  }

  @Test func `what fails is tried again and then buried with its error`() async throws {
    struct Never: Error {}
    let space = try await TestSpace.shared()
    let stream = try await space.fill(3)
    let tries = Box<[String: [Int64]]>([:])
    try await space.working(
      { message in
        let n = message.text("n") ?? ""
        tries.update { $0[n, default: []].append(message.deliveries) }
        if n == "1" { throw Never() }
        if n == "2" { throw StreamReject("no such order") }
      }, options: { $0.maxDeliveries = 3 }
    ) { consumer in
      try await eventually { consumer.stats.acked == 1 && consumer.stats.buried == 2 }
    }
    #expect(tries.value == ["0": [1], "1": [1, 2, 3], "2": [1]])
    let letters = try await stream.deadLetters().sorted { $0.messageID < $1.messageID }
    #expect(letters.map(\.reason) == [.maxDeliveries, .rejected])
    #expect(letters.map(\.deliveries) == [3, 1])
    #expect(letters[0].error.hasPrefix("Never"))
    #expect(letters[1].error == "no such order" && letters[1].fields == ["n": Array("2".utf8)])
    #expect(try await stream.revive(letters[1].id) != nil)
    #expect(try await stream.revive(letters[1].id) == nil)
    #expect(try await stream.lag(of: "g")?.unread == 1)
  }

  @Test func `what a dead consumer left is taken over when it has lain`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(3)
    try await space.read(as: "dead", count: 3)
    let deliveries = Box<[Int64]>([])
    try await space.working(
      { message in deliveries.update { $0.append(message.deliveries) } }, options: { $0.idle = .milliseconds(300) }
    ) { consumer in
      try await eventually { consumer.stats.acked == 3 }
      #expect(consumer.stats.claimed == 3)
    }
    #expect(deliveries.value == [2, 2, 2])
  }

  @Test func `a restart under the same name gets what it left at once`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(3)
    try await space.read(as: "me", count: 2)
    try await space.working({ _ in }, name: "me", options: { $0.idle = .seconds(3600) }) { consumer in
      try await eventually { consumer.stats.acked == 3 }
      #expect(consumer.stats.claimed == 2 && consumer.stats.received == 1)
    }
  }

  @Test func `what was delivered to a connection that died is made up for when it is back`() async throws {
    try await withStreamServer { redis in
      let seen = Box<[String]>([])
      let consumer = StreamConsumer(
        "x", group: "g", on: redis, name: "me", options: .quick { $0.idle = .seconds(3600) })
      async let run: Void = consumer.run { message in seen.update { $0.append(message.text("n") ?? "") } }
      try await eventually { consumer.stats.lastRead != nil }
      // Delivered in its name, to nobody: as when the reply is lost on its way.
      let steal = """
        redis.call('XADD', KEYS[1], '*', 'n', 'lost')
        local seat = redis.call('XINFO', 'CONSUMERS', KEYS[1], 'g')[1][2]
        redis.call('XREADGROUP', 'GROUP', 'g', seat, 'STREAMS', KEYS[1], '>')
        """
      _ = try await redis.send("EVAL", steal, 1, "stream:{x}")
      #expect(seen.value.isEmpty)
      // Every connection ends, also the one that asks; again, if it met no read.
      try await eventually {
        if consumer.stats.reconnects == 0 {
          _ = try? await redis.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        }
        return seen.value == ["lost"] && consumer.stats.acked == 1
      }
      #expect(consumer.stats.reconnects >= 1)
      consumer.stop()
      try await run
    }
  }

  @Test(arguments: ["FLUSHALL", "DEL", "DESTROY"])
  func `a group that vanishes is made anew and nothing after it is missed`(damage: String) async throws {
    try await withStreamServer { redis in
      let stream = MessageStream("x", on: redis)
      try await stream.add(["n": "before"])
      let seen = Box<Set<String>>([])
      let consumer = StreamConsumer("x", group: "g", on: redis, options: .quick { $0.wait = .seconds(20) })
      async let run: Void = consumer.run { message in seen.update { _ = $0.insert(message.text("n") ?? "") } }
      // It waits in a read when the damage is done.
      try await eventually { consumer.stats.acked == 1 }
      switch damage {
      case "FLUSHALL": _ = try await redis.send("FLUSHALL")
      case "DEL": _ = try await redis.send("DEL", "stream:{x}")
      default: _ = try await redis.send("XGROUP", "DESTROY", "stream:{x}", "g")
      }
      try await stream.add(["n": "after"])
      try await eventually { seen.value.contains("after") && consumer.stats.healed >= 1 }
      consumer.stop()
      try await stream.add(["n": "wakes the read"])
      try await run
    }
  }

  @Test func `a long handler keeps its message, and its ack counts`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(1)
    let runs = Box(0)
    let open = Box(false)
    let begun = ContinuousClock.now
    let handler: @Sendable (StreamMessage) async throws -> Void = { _ in
      runs.update { $0 += 1 }
      try await eventually { open.value }
    }
    try await space.working(handler, options: { $0.idle = .seconds(1) }) { one in
      try await space.working(handler, options: { $0.idle = .seconds(1) }) { other in
        try await eventually { ContinuousClock.now > begun + .seconds(3) }
        open.value = true
        try await eventually { one.stats.acked + other.stats.acked == 1 }
        #expect(one.stats.lost + other.stats.lost == 0)
      }
    }
    #expect(runs.value == 1)
  }

  @Test func `a handler that lost its message is cancelled and ends nothing`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(1)
    let cancelled = Box(false)
    try await space.working(
      { message in
        _ = try await space.redis.send("XCLAIM", space.key, "g", "thief", 0, message.id)
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.value = true }
      }, options: { $0.idle = .milliseconds(500) }
    ) { consumer in
      try await eventually { cancelled.value && consumer.stats.lost == 1 }
      consumer.stop()
      #expect(consumer.stats.acked == 0)
    }
    #expect(try await space.pending.map { $0[1] } == ["thief"])
  }

  @Test func `a stop finishes what is in hand and gives the rest back, uncounted`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(3)
    let begun = Box(0)
    let open = Box(false)
    let options = StreamOptions.quick {
      $0.concurrency = 3
      $0.grace = .milliseconds(500)
    }
    let consumer = StreamConsumer("x", group: "g", on: space.redis, options: options, namespace: space.namespace)
    async let run: Void = consumer.run { message in
      begun.update { $0 += 1 }
      if message.text("n") == "2" {
        try await Task.sleep(for: .seconds(60))
      } else {
        try await eventually { open.value }
      }
    }
    try await eventually { begun.value == 3 }
    consumer.stop()
    open.value = true
    try await run
    #expect(consumer.stats.acked == 2 && consumer.stats.released == 1)
    let left = try await space.pending
    #expect(left.count == 1 && left[0][1] == ":waiting" && left[0][3] == "0")
    #expect(Int(left[0][2]) ?? 0 >= 60_000, "anybody may claim it at once")
  }

  @Test func `cancelling the task stops as gracefully`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(2)
    let begun = Box(0)
    let open = Box(false)
    let consumer = StreamConsumer("x", group: "g", on: space.redis, options: .quick(), namespace: space.namespace)
    let task = Task {
      try await consumer.run { _ in
        begun.update { $0 += 1 }
        try await eventually { open.value }
      }
    }
    try await eventually { begun.value == 2 }
    task.cancel()
    open.value = true
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(consumer.stats.acked == 2)
    #expect(try await space.pending.isEmpty)
  }

  @Test func `a client that lends no connections is asked again and again`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(3)
    let consumer = StreamConsumer(
      "x", group: "g", on: try space.plain(), options: .quick(), namespace: space.namespace)
    async let run: Void = consumer.run { _ in }
    try await eventually { consumer.stats.acked == 3 }
    consumer.stop()
    try await run
  }

  @Test func `what no waiting mends ends run with an error`() async throws {
    let space = try await TestSpace.shared()
    _ = try await space.redis.send("SET", space.key, "no stream", "EX", 60)
    let consumer = StreamConsumer("x", group: "g", on: space.redis, options: .quick(), namespace: space.namespace)
    let error = await #expect(throws: RedisError.self) { try await consumer.run { _ in } }
    #expect(error?.code == .wrongType)
    let wrong: [@Sendable (inout StreamOptions) -> Void] = [
      { $0.concurrency = 0 }, { $0.idle = .zero }, { $0.maxDeliveries = 0 }, { $0.start = .after("now") },
    ]
    for change in wrong {
      let refused = StreamConsumer("y", group: "g", on: space.redis, options: .quick(change))
      let error = await #expect(throws: RedisError.self) { try await refused.run { _ in } }
      #expect(error?.code == .argument)
    }
  }
}
