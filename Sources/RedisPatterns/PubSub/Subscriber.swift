import RESP

/// How a subscriber behaves; every default is safe in production.
public struct SubscriberOptions: Sendable, Hashable {
  /// Messages that wait for a slow reader: 1 to 1,000,000.
  public var buffer = 1024
  /// What happens to more.
  public var slowReader = SlowReader.dropOldest

  /// Production's defaults, or others.
  public init(buffer: Int = 1024, slowReader: SlowReader = .dropOldest) {
    self.buffer = buffer
    self.slowReader = slowReader
  }
}

/// Subscribes to channels and patterns: messages in order, and every gap told.
///
/// ```swift
/// let subscriber = Subscriber(on: redis, codec: .string)
/// for try await event in try await subscriber.subscribe(to: ["orders"], patterns: ["stock.*"]) {
///   switch event {
///   case .message(let message): show(message.value)
///   case .gap: await reload()
///   case .undecodable(let message): log(message.reason)
///   }
/// }
/// ```
public struct Subscriber<Codec: CacheCodec>: Sendable {
  private let redis: any RedisExecutor
  private let codec: Codec
  private let options: SubscriberOptions
  private let namespace: String?

  /// - Parameters:
  ///   - redis: the client; its options say how silent connections are found (`subscriptionPingAfter`).
  ///   - codec: how bytes become values; a message of another codec is `.undecodable`.
  ///   - namespace: as the publishers'.
  public init(
    on redis: any RedisExecutor, codec: Codec, options: SubscriberOptions = .init(), namespace: String? = nil
  ) {
    self.redis = redis
    self.codec = codec
    self.options = options
    self.namespace = namespace
  }

  /// Subscribes, and returns when the server has confirmed each channel and pattern: what is published from then on
  /// arrives, or a gap tells that it does not.
  ///
  /// The connection is watched, and renewed after every loss.
  ///
  /// - Parameters:
  ///   - channels: names as the publishers gave them.
  ///   - patterns: globs over such names, see `ChannelPattern`.
  public func subscribe(
    to channels: [String] = [], patterns: [String] = []
  ) async throws(RedisError) -> Subscription<Codec> {
    _ = try NumberRule.count(Int64(options.buffer), "buffer", from: 1, to: 1_000_000)
    var wires: [String: String] = [:]
    var globs: [String: String] = [:]
    var questions: [String: ScriptCall] = [:]
    for name in channels {
      let calls = try ChannelCalls(name, namespace: namespace)
      wires[calls.channel] = name
      questions[name] = calls.position()
    }
    for pattern in patterns { globs[try ChannelCalls.pattern(pattern, namespace: namespace)] = pattern }
    let core = SubscriptionCore(
      SubscriptionFeed(
        channels: wires, patterns: globs, buffer: SubscriptionBuffer(limit: options.buffer, policy: options.slowReader))
    )
    let source = try await redis.subscribe(to: Array(wires.keys), patterns: Array(globs.keys))
    let pump = SubscriptionPump(redis: redis, subscription: source, core: core, questions: questions)
    let subscription = Subscription(core, codec, pump: Task { await pump.run() })
    if let failure = await core.opened() { throw failure }
    return subscription
  }
}

/// The events of a subscription, for one reader. Dropping it, or `close`, ends it.
public struct Subscription<Codec: CacheCodec>: AsyncSequence, Sendable {
  public typealias Element = SubscriptionEvent<Codec.Value>
  public typealias Failure = PubSubError

  /// Ends the pump with the last reference.
  private final class Token: Sendable {
    let pump: Task<Void, Never>

    init(_ pump: Task<Void, Never>) { self.pump = pump }

    deinit { pump.cancel() }
  }

  /// Reads the subscription; two of them share its events.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let subscription: Subscription

    /// As the subscription's own `next`.
    public func next() async throws(PubSubError) -> SubscriptionEvent<Codec.Value>? { try await subscription.next() }

    /// As the subscription's own `next`.
    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(PubSubError) -> SubscriptionEvent<Codec.Value>? { try await subscription.next() }
  }

  private let core: SubscriptionCore
  private let codec: Codec
  private let token: Token

  init(_ core: SubscriptionCore, _ codec: Codec, pump: Task<Void, Never>) {
    self.core = core
    self.codec = codec
    token = Token(pump)
  }

  /// Messages that were dropped because the reader was too slow.
  public var dropped: Int { core.dropped }

  /// How often the server confirmed the subscription: 1, and 1 more for each renewal.
  public var connections: Int { core.connections }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: self) }

  /// The next event; nil after `close`, and when the reading task is cancelled.
  ///
  /// - Throws: `PubSubError`: `slow` by the policy `disconnect`, `ended` when the server refused to renew the subscription
  ///   or the client was closed.
  public func next() async throws(PubSubError) -> SubscriptionEvent<Codec.Value>? {
    switch try await core.next() {
    case .message(let message): message.decoded(by: codec)
    case .gap(let gap): .gap(gap)
    case nil: nil
    }
  }

  /// Ends the subscription; what waits can still be read.
  public func close() {
    core.end()
    token.pump.cancel()
  }
}
