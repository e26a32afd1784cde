import RESP
import RedisPatterns
import Synchronization

/// A stream in Swift: the same keys, scripts and lines as `streams.py`.
public enum StreamsExample {
  private struct CardDeclined: Error, CustomStringConvertible {
    let description = "card declined"
  }

  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:add]
    let orders = MessageStream("orders", on: redis, namespace: namespace)
    let first = try await orders.add(["order": "1", "type": "created"], request: "order-1-created")
    let again = try await orders.add(["order": "1", "type": "created"], request: "order-1-created")
    say("appended once: \(again.isDuplicate && again.id == first.id ? "yes" : "no")")
    // --8<-- [end:add]

    try await orders.add(["order": "2", "type": "created"])
    try await orders.add(["order": "3", "type": "created"])

    let billed = Mutex<[String]>([])
    // --8<-- [start:consume]
    var options = StreamOptions()
    options.maxDeliveries = 3
    options.backoff = .milliseconds(20)
    options.wait = .milliseconds(100)
    let consumer = StreamConsumer("orders", group: "billing", on: redis, options: options, namespace: namespace)
    let work = Task {
      try await consumer.run { message in
        let order = message.text("order") ?? ""
        if order == "2", message.deliveries == 1 { throw CardDeclined() }  // again, after a back-off
        if order == "3" { throw StreamReject("no such order") }  // to the dead letters
        billed.withLock { $0.append("order \(order) in delivery \(message.deliveries)") }
      }
    }
    // --8<-- [end:consume]

    // --8<-- [start:stop]
    while consumer.stats.acked + consumer.stats.buried < 3 { try await Task.sleep(for: .milliseconds(5)) }
    consumer.stop()  // finishes what is in hand, gives back the rest
    try await work.value
    // --8<-- [end:stop]
    for line in billed.withLock({ $0.sorted() }) { say("billed: \(line)") }

    // --8<-- [start:dead]
    for letter in try await orders.deadLetters() {
      say("dead: \(letter.reason?.rawValue ?? "?"), \(letter.error)")
      let id = try await orders.revive(letter.id)
      say("revived: \(id == nil ? "no" : "yes")")
    }
    // --8<-- [end:dead]

    // --8<-- [start:lag]
    if let lag = try await orders.lag(of: "billing") {
      say("unread: \(lag.unread), pending: \(lag.pending)")
    }
    // --8<-- [end:lag]

    // --8<-- [start:takeover]
    // A consumer dies with a message in hand: another takes it over once it has lain for `idle`.
    let key = "\(namespace):stream:{orders}"
    _ = try await redis.execute(RESPCommand("XREADGROUP", "GROUP", "billing", "crashed", "STREAMS", key, ">"))
    options.idle = .milliseconds(100)
    let heir = StreamConsumer("orders", group: "billing", on: redis, options: options, namespace: namespace)
    let rescue = Task {
      try await heir.run { message in
        say("taken over: order \(message.text("order") ?? "") in delivery \(message.deliveries)")
        heir.stop()
      }
    }
    try await rescue.value
    // --8<-- [end:takeover]
  }
}
