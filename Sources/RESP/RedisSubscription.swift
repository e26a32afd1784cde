/// What a subscription delivers, in order.
public enum RedisSubscriptionEvent: Sendable, Hashable {
  /// A message of a channel.
  case message(channel: String, payload: [UInt8])
  /// A message of a channel that the pattern matches.
  case patternMessage(pattern: String, channel: String, payload: [UInt8])
  /// Messages may have been lost here: the connection was replaced, or the reader was too slow.
  ///
  /// After a replaced connection it comes when the server has confirmed everything anew, and before any later message.
  case gap(reason: String)
  /// The server's answer to `ask`: all that it sent before stands before this.
  case answered(UInt64)
}

/// A live subscription; leaving the loop or dropping the value ends it.
public struct RedisSubscription: AsyncSequence, Sendable {
  public typealias Element = RedisSubscriptionEvent
  public typealias Failure = Never

  private let stream: AsyncStream<RedisSubscriptionEvent>
  private let question: (@Sendable (UInt64) -> Void)?

  /// For clients: wraps a stream whose `onTermination` unsubscribes.
  ///
  /// - Parameter question: sends a PING on the subscription's connection, and gives `.answered` with this number when the
  ///   answer comes; when the connection is lost before, a gap comes instead.
  public init(_ stream: AsyncStream<RedisSubscriptionEvent>, question: (@Sendable (UInt64) -> Void)? = nil) {
    self.stream = stream
    self.question = question
  }

  public func makeAsyncIterator() -> AsyncStream<RedisSubscriptionEvent>.Iterator {
    stream.makeAsyncIterator()
  }

  /// Asks the server for a sign of life on this connection; `.answered` with the number is the sign.
  ///
  /// - Returns: false when this client cannot ask.
  @discardableResult
  public func ask(_ number: UInt64) -> Bool {
    question?(number)
    return question != nil
  }
}
