import RESP

extension StreamCalls {
  package enum Acked: String, Sendable { case acked, lost }
  package enum Renewed: String, Sendable { case renewed, lost }
  package enum Released: String, Sendable { case released, lost }

  package enum Opened: Sendable, Hashable {
    case created
    /// Other lives of the consumer's name, and the bare name, where something is pending with them.
    case exists(former: [String])

    var former: [String] { if case .exists(let former) = self { former } else { [] } }
  }

  package enum Buried: Sendable, Hashable {
    case buried(deadID: String)
    case lost
  }

  package enum Revived: Sendable, Hashable {
    case revived(id: String)
    /// The letter has no content: its message was cut off.
    case empty
    case missing
  }

  package struct Left: Sendable, Hashable {
    package let released: Int64
    package let isMore: Bool
  }

  /// What was handed out. A message whose fields cannot be read stands in `undecodable`, without them.
  package struct Claimed: Sendable, Hashable {
    package var cursor = StreamCalls.begin
    package var buried: Int64 = 0
    package var trimmed: Int64 = 0
    package var messages: [StreamMessage] = []
    package var undecodable: [StreamMessage] = []
  }

  package static func added(_ reply: RESPValue) throws(RedisError) -> StreamAdded {
    var reader = try ReplyReader(reply, of: "stream_add")
    guard ["added", "duplicate"].contains(reader.status) else { throw reader.unknownStatus() }
    let added = StreamAdded(id: try reader.text("id"), isDuplicate: reader.status == "duplicate")
    try reader.end()
    return added
  }

  package static func opened(_ reply: RESPValue) throws(RedisError) -> Opened {
    var reader = try ReplyReader(reply, of: "stream_open")
    switch reader.status {
    case "created":
      try reader.end()
      return .created
    case "exists":
      var former: [String] = []
      while !reader.isAtEnd { former.append(try reader.text("former")) }
      return .exists(former: former)
    default: throw reader.unknownStatus()
    }
  }

  package static func acked(_ reply: RESPValue) throws(RedisError) -> Acked { try word(reply, "stream_ack") }
  package static func renewed(_ reply: RESPValue) throws(RedisError) -> Renewed { try word(reply, "stream_renew") }
  package static func released(_ reply: RESPValue) throws(RedisError) -> Released { try word(reply, "stream_release") }

  /// nil: the stream or the group is gone.
  package static func claimed(_ reply: RESPValue) throws(RedisError) -> Claimed? {
    var reader = try ReplyReader(reply, of: "stream_claim")
    switch reader.status {
    case "nogroup":
      try reader.end()
      return nil
    case "claimed":
      var claimed = Claimed()
      claimed.cursor = try reader.text("cursor")
      claimed.buried = try reader.integer("buried")
      claimed.trimmed = try reader.integer("trimmed")
      while !reader.isAtEnd {
        let parts = try reader.array("message")
        guard parts.count == 3, let id = parts[0].string, case .integer(let deliveries) = parts[1],
          let words = parts[2].array, claimed.append(id, deliveries, words)
        else { throw reader.broken("a message of another form") }
      }
      return claimed
    default: throw reader.unknownStatus()
    }
  }

  package static func buried(_ reply: RESPValue) throws(RedisError) -> Buried {
    var reader = try ReplyReader(reply, of: "stream_bury")
    let result: Buried
    switch reader.status {
    case "buried": result = .buried(deadID: try reader.text("dead_id"))
    case "lost": result = .lost
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func revived(_ reply: RESPValue) throws(RedisError) -> Revived {
    var reader = try ReplyReader(reply, of: "stream_revive")
    let result: Revived
    switch reader.status {
    case "revived": result = .revived(id: try reader.text("id"))
    case "empty": result = .empty
    case "missing": result = .missing
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func left(_ reply: RESPValue) throws(RedisError) -> Left {
    var reader = try ReplyReader(reply, of: "stream_leave")
    guard ["left", "more"].contains(reader.status) else { throw reader.unknownStatus() }
    let left = Left(released: try reader.integer("released"), isMore: reader.status == "more")
    try reader.end()
    return left
  }

  /// nil: there is no such group.
  package static func lag(_ reply: RESPValue) throws(RedisError) -> StreamLag? {
    var reader = try ReplyReader(reply, of: "stream_lag")
    var lag: StreamLag?
    switch reader.status {
    case "exact", "at_least":
      lag = StreamLag(
        unread: try reader.integer("unread"), isExact: reader.status == "exact",
        pending: try reader.integer("pending"), age: try reader.duration("age_us"))
    case "unknown": break
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return lag
  }

  /// What the reading command gave; nothing when the wait was over.
  static func messages(_ reply: RESPValue) throws(RedisError) -> Claimed {
    var read = Claimed()
    if reply.isNull { return read }
    guard let entries = reply.array?.first?.array?.last?.array else { throw unreadable("XREADGROUP") }
    for entry in entries {
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let words = parts[1].array,
        read.append(id, 1, words)
      else { throw unreadable("XREADGROUP") }
    }
    return read
  }

  static func letters(_ reply: RESPValue) throws(RedisError) -> [DeadLetter] {
    var letters: [DeadLetter] = []
    for entry in reply.array ?? [] {
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let words = parts[1].array,
        let letter = DeadLetter(id, words)
      else { throw unreadable("XRANGE") }
      letters.append(letter)
    }
    return letters
  }

  private static func unreadable(_ command: String) -> RedisError {
    RedisError(.reply, "\(command) answered in an unknown form", execution: .unknown, command: command)
  }

  private static func word<Word: RawRepresentable<String>>(
    _ reply: RESPValue, _ script: String
  ) throws(RedisError) -> Word {
    let reader = try ReplyReader(reply, of: script)
    guard let word = Word(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return word
  }
}

extension StreamCalls.Claimed {
  /// False where the words are no pairs.
  fileprivate mutating func append(_ id: String, _ deliveries: Int64, _ words: [RESPValue]) -> Bool {
    guard words.count.isMultiple(of: 2) else { return false }
    var fields: [String: [UInt8]] = [:]
    for at in stride(from: 0, to: words.count, by: 2) {
      guard let name = words[at].bytes, let value = words[at + 1].bytes else { return false }
      guard let text = String(validating: name, as: UTF8.self) else {
        undecodable.append(StreamMessage(id: id, deliveries: deliveries, fields: [:]))
        return true
      }
      fields[text] = value
    }
    messages.append(StreamMessage(id: id, deliveries: deliveries, fields: fields))
    return true
  }
}

extension DeadLetter {
  fileprivate init?(_ id: String, _ words: [RESPValue]) {
    var own: [String: String] = [:]
    var fields: [String: [UInt8]] = [:]
    for at in stride(from: 0, to: words.count - 1, by: 2) {
      guard let name = words[at].bytes, let value = words[at + 1].bytes else { return nil }
      let text = String(decoding: name, as: UTF8.self)
      if text.hasPrefix("f.") {
        fields[String(text.dropFirst(2))] = value
      } else {
        own[text] = String(decoding: value, as: UTF8.self)
      }
    }
    guard let messageID = own["id"], let group = own["group"], let consumer = own["consumer"],
      let deliveries = own["deliveries"].flatMap({ Int64($0) }), let reason = own["reason"], let error = own["error"]
    else { return nil }
    self.init(
      id: id, messageID: messageID, group: group, consumer: consumer, deliveries: deliveries,
      reason: Reason(rawValue: reason), error: error, fields: fields)
  }
}

extension ReplyReader {
  fileprivate mutating func array(_ name: String) throws(RedisError) -> [RESPValue] {
    guard let value = next()?.array else { throw broken("no list for \(name)") }
    return value
  }
}
