/// One delivery of a message.
public struct StreamMessage: Sendable, Hashable {
  /// `<ms>-<n>`. With stream and group it makes a key under which an effect elsewhere can be idempotent.
  public let id: String
  /// Counts this one in: 1 is the first.
  public let deliveries: Int64
  /// What the message holds, by the names of its fields.
  public let fields: [String: [UInt8]]

  /// For tests of handlers.
  public init(id: String, deliveries: Int64, fields: [String: [UInt8]]) {
    self.id = id
    self.deliveries = deliveries
    self.fields = fields
  }

  /// A field as text; nil where there is none, or where it is not UTF-8.
  public func text(_ name: String) -> String? {
    fields[name].flatMap { String(validating: $0, as: UTF8.self) }
  }
}

/// What came of an append.
public struct StreamAdded: Sendable, Hashable {
  /// Under which the message stands in the stream.
  public let id: String
  /// It stands there since an earlier call with the same request id.
  public let isDuplicate: Bool

  /// Made by `MessageStream.add`; for tests of what calls it.
  public init(id: String, isDuplicate: Bool) {
    self.id = id
    self.isDuplicate = isDuplicate
  }
}

/// A message that was given up, for a person to judge.
public struct DeadLetter: Sendable, Hashable {
  /// Why a message was given up.
  public enum Reason: String, Sendable, CaseIterable {
    /// It was delivered as often as it may be.
    case maxDeliveries = "max_deliveries"
    /// Its handler threw `StreamReject`.
    case rejected
    /// The name of a field is not UTF-8.
    case undecodable
    /// It was cut off the stream before anybody had acknowledged it; its content is gone.
    case trimmed
  }

  /// The letter's own id, not the message's.
  public let id: String
  /// Which message it was, in the stream.
  public let messageID: String
  /// Which group gave it up.
  public let group: String
  /// Who buried it.
  public let consumer: String
  /// How often it was delivered; 0 where it was cut off.
  public let deliveries: Int64
  /// nil where a later version of the library wrote one that this one does not know.
  public let reason: Reason?
  /// The handler's last error.
  public let error: String
  /// What the message held; empty where it was cut off.
  public let fields: [String: [UInt8]]

  /// Made by `MessageStream.deadLetters`; for tests of what calls it.
  public init(
    id: String, messageID: String, group: String, consumer: String, deliveries: Int64, reason: Reason?, error: String,
    fields: [String: [UInt8]]
  ) {
    self.id = id
    self.messageID = messageID
    self.group = group
    self.consumer = consumer
    self.deliveries = deliveries
    self.reason = reason
    self.error = error
    self.fields = fields
  }
}

/// How far a group is behind.
public struct StreamLag: Sendable, Hashable {
  /// Counted messages that nobody of the group was given yet; where not `isExact`, there are more.
  public let unread: Int64
  /// Whether everything unread was counted.
  public let isExact: Bool
  /// Delivered and not acknowledged.
  public let pending: Int64
  /// How long the oldest unread message has been in the stream; zero when there is none.
  public let age: Duration

  /// Made by `MessageStream.lag`; for tests of what calls it.
  public init(unread: Int64, isExact: Bool, pending: Int64, age: Duration) {
    self.unread = unread
    self.isExact = isExact
    self.pending = pending
    self.age = age
  }
}

/// Thrown by a handler: this message will never succeed, so it goes to the dead letters at once.
public struct StreamReject: Error, Sendable, Hashable, CustomStringConvertible {
  /// Why; it stands in the dead letter, cut to 1024 bytes.
  public let message: String

  /// - Parameter message: why.
  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
