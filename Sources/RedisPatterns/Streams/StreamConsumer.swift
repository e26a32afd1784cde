import RESP
import Synchronization

/// One of a group that works through a stream: every message at least once, by one consumer at a time.
///
/// ```swift
/// let consumer = StreamConsumer("orders", group: "billing", on: redis)
/// try await consumer.run { message in
///   try await bill(message.text("order"), key: message.id)
/// }
/// ```
public final class StreamConsumer: Sendable {
  /// Of this consumer: no two living ones of a group may share it.
  public let name: String
  private let stream: String
  private let group: String
  private let redis: any RedisExecutor
  private let options: StreamOptions
  private let namespace: String?

  private struct State {
    var desk: StreamDesk?
    var isStopping = false
  }

  private let state = Mutex(State())
  private let bell = Bell()

  /// - Parameters:
  ///   - stream: checked, like all else, when `run` begins.
  ///   - group: 1 to 128 of `A-Z a-z 0-9 _ -`.
  ///   - redis: a client that lends connections for blocking reads; with another one, the consumer asks every 100 ms.
  ///   - name: 1 to 128 of `A-Z a-z 0-9 _ -`. One that stays the same over restarts gets what it left behind at once; nil
  ///     draws one. Redis knows it as `<name>:<life>`, with a life drawn anew each time, so that what a former life still
  ///     sends never means a delivery of this one.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ stream: String, group: String, on redis: any RedisExecutor, name: String? = nil,
    options: StreamOptions = StreamOptions(), namespace: String? = nil
  ) {
    self.name = name ?? "c-\(randomID())"
    self.stream = stream
    self.group = group
    self.redis = redis
    self.options = options
    self.namespace = namespace
  }

  /// What happened so far.
  public var stats: StreamStats { state.withLock { $0.desk }?.stats ?? StreamStats() }

  /// Lets `run` end: no more is taken, what is in hand is finished, the rest is given back, for ten seconds at most.
  public func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
  }

  /// Hands every message to the handler until `stop`, and heals by itself whatever waiting can heal.
  ///
  /// A handler that returns ends its message; one that throws gets it again after a back-off, and `StreamReject` gives it
  /// up. While it works the message is kept from others; if it was lost nevertheless, the handler is cancelled. Cancelling
  /// the task stops as `stop` does.
  ///
  /// - Throws: `RedisError` for what no waiting mends: a wrong argument or password, a right that lacks, a key of another
  ///   type; `CancellationError` after the stop when the task was cancelled.
  public func run(_ handler: @escaping @Sendable (StreamMessage) async throws -> Void) async throws {
    try check()
    let seat = "\(name):\(randomID())"
    let calls = try StreamCalls(stream, namespace: namespace)
    let desk = StreamDesk(
      on: redis, calls: calls, group: group, consumer: seat, options: options, freed: bell, handler: handler)
    let isFirst = state.withLock { state in
      defer { state.desk = state.desk ?? desk }
      return state.desk == nil
    }
    guard isFirst else { throw RedisError.argument("a consumer runs once") }
    let work = StreamWork(
      on: redis, calls: calls, group: group, consumer: seat, options: options, desk: desk, bell: bell,
      isStopping: { [weak self] in self?.state.withLock { $0.isStopping } ?? true })
    // A task of its own: being cancelled is a reason to finish, not to drop what is in hand.
    try await withTaskCancellationHandler {
      try await Task { try await work.run() }.value
    } onCancel: {
      stop()
    }
    try Task.checkCancellation()
  }

  private func check() throws(RedisError) {
    _ = try NumberRule.word(name, "name")
    _ = try NumberRule.count(Int64(options.concurrency), "concurrency", to: Int64(StreamCalls.mostHeld))
    _ = try NumberRule.time(options.wait, "wait", from: 1000, to: 60_000_000)
    _ = try NumberRule.ttl(options.idle, "idle")
    _ = try NumberRule.time(options.backoff, "backoff", from: 0)
    _ = try NumberRule.time(options.grace, "grace", from: 0)
  }
}
