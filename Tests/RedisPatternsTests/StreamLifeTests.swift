import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `A stream whose consumers stop and come back` {
  @Test func `what a former life of a name sends late ends nothing`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(1)
    let calls = try StreamCalls("x", namespace: space.namespace)
    var receipts: [StreamCalls.Receipt] = []
    for _ in 0..<2 {
      try await space.working(
        { _ in try await Task.sleep(for: .seconds(600)) }, name: "me", options: { $0.grace = .zero }
      ) { consumer in
        try await eventually { consumer.stats.received + consumer.stats.claimed == 1 }
        let state = try #require(try await space.pending.first)
        #expect(state[1].hasPrefix("me:") && state[3] == "1")
        receipts.append(.init(group: "g", consumer: state[1], messageID: state[0], deliveries: 1))
        guard receipts.count == 2 else { return }
        // Given back uncounted and claimed anew: the first life's late calls must not mean this delivery.
        let late = try [calls.ack(receipts[0]), calls.release(receipts[0], idle: .seconds(60))]
        #expect(try StreamCalls.acked(try await space.redis.run(late[0])) == .lost)
        #expect(try StreamCalls.released(try await space.redis.run(late[1])) == .lost)
        let leave = try calls.leave(group: "g", consumer: receipts[0].consumer, idle: .seconds(60))
        #expect(try StreamCalls.left(try await space.redis.run(leave)).released == 0)
        let renew = try calls.renew(receipts[1])
        #expect(try StreamCalls.renewed(try await space.redis.run(renew)) == .renewed)
      }
    }
    #expect(receipts.count == 2)
  }

  @Test(arguments: ["me", "me:0f"])
  func `a name takes over what its former lives left, and no other name`(former: String) async throws {
    let space = try await TestSpace.shared()
    try await space.fill(3)
    try await space.read(as: former, count: 2)
    _ = try await space.redis.send(
      "XREADGROUP", "GROUP", "g", "me2:0f", "COUNT", 1, "STREAMS", space.key, ">")
    let seen = Box<[String: Int64]>([:])
    try await space.working(
      { message in seen.update { $0[message.text("n") ?? ""] = message.deliveries } }, name: "me",
      options: { $0.idle = .seconds(3600) }
    ) { consumer in
      try await eventually { consumer.stats.acked == 2 }
    }
    #expect(seen.value == ["0": 2, "1": 2])
    #expect(try await space.pending.map { $0[1] } == ["me2:0f"])
  }

  @Test func `a stop gives back everything, however much it is`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(720)
    try await space.working(
      { _ in try await Task.sleep(for: .seconds(600)) },
      options: {
        $0.concurrency = 720
        $0.grace = .zero
      }
    ) { consumer in
      try await eventually { consumer.stats.received == 720 }
      consumer.stop()
      try await eventually { consumer.stats.released == 720 }
    }
    let summary = try await space.redis.send("XPENDING", space.key, "g").array ?? []
    #expect(summary.first == .integer(720))
    #expect(summary.last?.array?.compactMap { $0.array?.first?.string } == [":waiting"])
  }

  @Test func `what is in hand is not handed out again, however long it lay`() async throws {
    let space = try await TestSpace.shared()
    try await space.fill(1)
    let runs = Box(0)
    let open = Box(false)
    try await space.working(
      { _ in
        runs.update { $0 += 1 }
        try await eventually { open.value }
      }, options: { $0.idle = .milliseconds(400) }
    ) { consumer in
      try await eventually { runs.value == 1 }
      let state = try #require(try await space.pending.first)
      for _ in 0..<4 {
        // As if no renewal had come for ten minutes, when the next claim looks.
        _ = try await space.redis.send(
          "XCLAIM", space.key, "g", state[1], 0, state[0], "IDLE", 600_000, "RETRYCOUNT", state[3], "JUSTID")
        let before = ContinuousClock.now
        try await eventually { ContinuousClock.now > before + .milliseconds(250) }
      }
      #expect(runs.value == 1)
      open.value = true
      try await eventually { consumer.stats.acked == 1 }
      #expect(consumer.stats.claimed == 0 && consumer.stats.lost == 0)
    }
  }
}
