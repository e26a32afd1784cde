import RESP
import RedisPatterns

extension FleetWorker {
  /// The group that every worker on a stream belongs to.
  public static let group = "fleet"

  /// Works on a stream until the key `<namespace>:fleet:done` is there, and counts in one hash how often each message was
  /// handled. A test kills it at random.
  /// - Parameter naive: acknowledges what it reads before it works, and never looks at what others left: the control.
  public func stream(
    name: String, consumer: String, idleUs: Int64, workUs: Int64, naive: Bool
  ) async throws -> JSONValue {
    let work = { @Sendable (message: StreamMessage) async throws in
      try await Task.sleep(for: .microseconds(Int64.random(in: 0...workUs)))
      _ = try await redis.execute(
        RESPCommand("HINCRBY", "\(namespace):fleet:handled", message.text("n") ?? "", 1))
    }
    if naive { return try await naiveStream(name, consumer, work) }
    var options = StreamOptions()
    options.concurrency = 4
    // More than any kill can use up: what is killed again and again is not the message's fault.
    options.maxDeliveries = 1000
    options.idle = .microseconds(idleUs)
    options.wait = .milliseconds(200)
    options.backoff = .milliseconds(10)
    let worker = StreamConsumer(
      name, group: Self.group, on: redis, name: consumer, options: options, namespace: namespace)
    async let end: Void = worker.run(work)
    while try await !isDone() { try await Task.sleep(for: .milliseconds(20)) }
    worker.stop()
    try await end
    let stats = worker.stats
    return [
      "received": .int(Int64(stats.received)), "claimed": .int(Int64(stats.claimed)),
      "acked": .int(Int64(stats.acked)), "lost": .int(Int64(stats.lost)),
    ]
  }

  private func isDone() async throws -> Bool {
    try await redis.execute(RESPCommand("EXISTS", "\(namespace):fleet:done")).int == 1
  }

  private func naiveStream(
    _ name: String, _ consumer: String, _ work: (StreamMessage) async throws -> Void
  ) async throws -> JSONValue {
    let key = "\(namespace):stream:{\(name)}"
    var handled: Int64 = 0
    while try await !isDone() {
      let read = RESPCommand(
        "XREADGROUP", "GROUP", Self.group, consumer, "COUNT", 4, "BLOCK", 50, "STREAMS", key, ">")
      let entries = try await redis.executeBlocking(read, for: .milliseconds(50)).array?.first?.array?.last?.array ?? []
      let ids = entries.compactMap { $0.array?.first?.string }
      for id in ids { _ = try await redis.execute(RESPCommand("XACK", key, Self.group, id)) }
      for entry in entries {
        guard let id = entry.array?.first?.string, let words = entry.array?.last?.array, let n = words.last?.bytes
        else { continue }
        try await work(StreamMessage(id: id, deliveries: 1, fields: ["n": n]))
        handled += 1
      }
    }
    return ["handled": .int(handled)]
  }
}
