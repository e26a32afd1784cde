import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport

extension StreamOptions {
  /// Short waits, for tests.
  static func quick(_ change: (inout StreamOptions) -> Void = { _ in }) -> StreamOptions {
    var options = StreamOptions()
    options.wait = .milliseconds(50)
    options.backoff = .milliseconds(20)
    change(&options)
    return options
  }
}

extension TestSpace {
  var key: String { "\(namespace):stream:{x}" }

  var length: Int64? {
    get async throws { try await redis.send("XLEN", key).int }
  }

  /// Id, consumer, idle time in ms and deliveries of what is pending.
  var pending: [[String]] {
    get async throws {
      let states = try await redis.send("XPENDING", key, "g", "-", "+", 100).array ?? []
      return states.map { $0.array?.compactMap(\.string) ?? [] }
    }
  }

  @discardableResult
  func fill(_ count: Int) async throws -> MessageStream {
    let stream = MessageStream("x", on: redis, namespace: namespace)
    for n in 0..<count { try await stream.add(["n": "\(n)"]) }
    return stream
  }

  /// Takes messages in a consumer's name, and does nothing with them.
  func read(as consumer: String, count: Int) async throws {
    _ = try await redis.send("XGROUP", "CREATE", key, "g", "0")
    _ = try await redis.send("XREADGROUP", "GROUP", "g", consumer, "COUNT", count, "STREAMS", key, ">")
  }

  /// A consumer that runs while the body does.
  func working(
    _ handler: @escaping @Sendable (StreamMessage) async throws -> Void, name: String? = nil,
    options: (inout StreamOptions) -> Void = { _ in }, _ body: (StreamConsumer) async throws -> Void
  ) async throws {
    let consumer = StreamConsumer(
      "x", group: "g", on: redis, name: name, options: .quick(options), namespace: namespace)
    async let run: Void = consumer.run(handler)
    do {
      try await body(consumer)
    } catch {
      consumer.stop()
      throw error
    }
    consumer.stop()
    try await run
  }
}

/// A server of the test's own, with virgin counters, to be flushed and cut off at will.
func withStreamServer(_ body: (RedisClient) async throws -> Void) async throws {
  let server = try await RedisServer.start()
  defer { server.close() }
  let redis = try RedisClient(server.url)
  defer { redis.close() }
  try await body(redis)
}
