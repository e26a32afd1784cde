import RESP
import RedisPatterns

/// Pub/sub in Swift: the same keys, scripts and lines as `pubsub.py`.
public enum PubSubExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:publish]
    let subscriber = Subscriber(on: redis, codec: .string, namespace: namespace)
    let orders = try await subscriber.subscribe(to: ["orders"])

    let publisher = Publisher("orders", on: redis, codec: .string, namespace: namespace)
    try await publisher.publish("42 paid")
    // --8<-- [end:publish]

    // --8<-- [start:read]
    reading: for try await event in orders {
      switch event {
      case .message(let message):
        say("got: \(message.value), number \(message.sequence)")
        break reading
      case .gap(let gap):  // messages are missing: read the state again that they are about
        say("missed \(gap.missed.map(String.init) ?? "some")")
      case .undecodable(let message):
        say("not ours: \(String(decoding: message.payload, as: UTF8.self))")
      }
    }
    // --8<-- [end:read]
    orders.close()

    // --8<-- [start:pattern]
    let stock = try await subscriber.subscribe(patterns: ["stock.*"])
    try await Publisher("stock.eu", on: redis, codec: .string, namespace: namespace).publish("7 left")
    if case .message(let message)? = try await stock.next() {
      say("\(message.channel), by \(message.pattern ?? "none"): \(message.value)")
    }
    // --8<-- [end:pattern]
    stock.close()

    // --8<-- [start:slow]
    let small = SubscriberOptions(buffer: 2, slowReader: .dropOldest)
    let slow = try await Subscriber(on: redis, codec: .string, options: small, namespace: namespace)
      .subscribe(to: ["ticks"])
    let ticks = Publisher("ticks", on: redis, codec: .string, namespace: namespace)
    for tick in 1...5 { try await ticks.publish("\(tick)") }
    while slow.dropped < 3 { try await Task.sleep(for: .milliseconds(5)) }  // the reader sleeps
    if case .gap(let gap)? = try await slow.next(), let missed = gap.missed,
      case .message(let fourth)? = try await slow.next(), case .message(let fifth)? = try await slow.next()
    {
      say("missed \(missed), then \(fourth.value), then \(fifth.value)")
    }
    // --8<-- [end:slow]

    // --8<-- [start:foreign]
    _ = try await redis.execute(RESPCommand("PUBLISH", "\(namespace):channel:{ticks}", "plain text"))
    if case .undecodable(let message)? = try await slow.next() {
      say("not ours: \(String(decoding: message.payload, as: UTF8.self))")
    }
    // --8<-- [end:foreign]
    slow.close()

    // --8<-- [start:concurrent]
    let readers = [try await subscriber.subscribe(to: ["orders"]), try await subscriber.subscribe(to: ["orders"])]
    try await publisher.publish("43 paid")
    let got = try await withThrowingTaskGroup(of: Bool.self) { group in
      for reader in readers {
        group.addTask {
          if case .message(let message)? = try await reader.next() { message.value == "43 paid" } else { false }
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    // --8<-- [end:concurrent]
    say("43 paid: \(got) readers got it")
  }
}
