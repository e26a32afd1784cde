/// What a subscription delivers, in order.
public enum RedisSubscriptionEvent: Sendable, Hashable {
  case message(channel: String, payload: [UInt8])
  /// Messages may have been lost here: the connection was replaced, or the reader was too slow.
  case gap(reason: String)
}

/// A live subscription; leaving the loop or dropping the value ends it.
public struct RedisSubscription: AsyncSequence, Sendable {
  public typealias Element = RedisSubscriptionEvent
  public typealias Failure = Never

  private let stream: AsyncStream<RedisSubscriptionEvent>

  /// For clients: wraps a stream whose `onTermination` unsubscribes.
  public init(_ stream: AsyncStream<RedisSubscriptionEvent>) {
    self.stream = stream
  }

  public func makeAsyncIterator() -> AsyncStream<RedisSubscriptionEvent>.Iterator {
    stream.makeAsyncIterator()
  }
}
