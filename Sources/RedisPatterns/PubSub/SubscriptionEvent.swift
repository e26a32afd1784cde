/// What a reader of a subscription gets, in order.
public enum SubscriptionEvent<Value: Sendable>: Sendable {
  /// A message, decoded.
  case message(ChannelMessage<Value>)
  /// Messages are missing here: look at the state that they are about.
  case gap(SubscriptionGap)
  /// A message that could not be read; the subscription goes on.
  case undecodable(UndecodableMessage)
}

extension SubscriptionEvent: Equatable where Value: Equatable {}

/// A message of a channel.
public struct ChannelMessage<Value: Sendable>: Sendable {
  /// What was published.
  public let value: Value
  /// The name that the publisher gave.
  public let channel: String
  /// The pattern that brought it, if one did.
  public let pattern: String?
  /// Counts the channel's messages from 1, without holes, within an epoch.
  public let sequence: Int64
  /// Which counter: when it was made, in microseconds.
  public let epoch: Int64
}

extension ChannelMessage: Equatable where Value: Equatable {}

/// Messages that the reader does not get.
public struct SubscriptionGap: Sendable, Hashable {
  /// Why they are missing; the same spelling in every language.
  public enum Cause: String, Sendable, CaseIterable {
    /// They were published while there was no connection.
    case connection
    /// The buffer was full, and the policy dropped them.
    case slowReader = "slow_reader"
  }

  /// The channel, or the pattern when `isPattern`.
  public let channel: String
  /// Whether `channel` is a pattern.
  public let isPattern: Bool
  /// How many, exactly; nil when that cannot be known: for a pattern after a lost connection, and where the server lost
  /// its count (a restart without data).
  public let missed: Int64?
  /// Why.
  public let cause: Cause
}

/// A message that was not published by this library, is of another codec, or is damaged.
public struct UndecodableMessage: Sendable, Hashable {
  /// The bytes without our header, where they had one.
  public let payload: [UInt8]
  /// Where it came.
  public let channel: String
  /// The pattern that brought it, if one did.
  public let pattern: String?
  /// What is wrong with it, in a few words.
  public let reason: String
}

/// What the server said of a message.
public struct Published: Sendable, Hashable {
  /// Which counter: when it was made, in microseconds.
  public let epoch: Int64
  /// The message's number, from 1 within the epoch, without holes.
  public let sequence: Int64
  /// To how many subscribers the server sent it that ran the call; whether they read it, nobody knows.
  public let receivers: Int
}

/// What happens to a message that comes when the buffer is full. Whatever is dropped is counted in a gap.
public enum SlowReader: String, Sendable, CaseIterable {
  /// The message that waits longest goes.
  case dropOldest = "drop_oldest"
  /// The new message goes.
  case dropNewest = "drop_newest"
  /// One message a channel waits, at any time, the newest; the buffer's size counts channels.
  case latestPerChannel = "latest_per_channel"
  /// The subscription ends with `PubSubError(.slow)`, after what waits.
  case disconnect
}

/// A subscription ended, by its policy or because it could not be kept.
public struct PubSubError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable across releases and equal in Python.
  public enum Code: String, Sendable, CaseIterable {
    /// The reader was too slow, and its policy is to end then.
    case slow = "PUBSUBSLOW"
    /// The server refused the subscription when it was renewed, or the client was closed.
    case ended = "PUBSUBENDED"
  }

  /// What happened.
  public let code: Code
  /// The same for people.
  public let message: String

  /// For tests of your own.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(code.rawValue): \(message)" }
}
