import RESP

/// The calls of one stream as values.
package struct StreamCalls: Sendable {
  /// The cursor of a round of claims at its begin, and at its end.
  package static let begin = "0-0"
  package static let mostAtOnce = 100
  package static let mostHeld = 1000

  package let stream: String
  private let dead: String
  private let key: RedisKey

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "stream", id: name)
    stream = key.name
    dead = key.field("dead")
  }

  /// Appends a message; with a request id at most once within `replay`. `length` 0: not cut.
  package func add(
    _ fields: [String: [UInt8]], length: Int64, keep: Duration = .zero, request: String? = nil,
    replay: Duration = .seconds(86_400), nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    var arguments = RESPArguments()
    arguments.append(try NumberRule.count(length, "length", from: 0))
    arguments.append(keep == .zero ? 0 : try NumberRule.time(keep, "keep", from: 1000))
    arguments.append(try NumberRule.time(replay, "replay", from: 1000))
    try Self.append(fields, to: &arguments)
    arguments.append(nowUs)
    var keys = [stream]
    if let request { keys.append(try key.field("request", request, named: "request")) }
    return ScriptCall(.streamAdd, keys: keys, arguments: arguments)
  }

  /// Makes the group where it is not there.
  package func open(
    group: String, consumer: String, start: String = "0", nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .streamOpen, keys: [stream],
      arguments: [
        try NumberRule.word(group, "group"), try Self.seat(consumer),
        start == "$" ? start : try Self.id(start, "start"), nowUs,
      ])
  }

  package enum Whose: String, Sendable {
    /// What anybody of the group left idle.
    case anyone
    /// What this consumer has and never saw, or a former life of it had.
    case own
  }

  /// How claims judge: the same for a consumer's whole life.
  package struct ClaimRule: Sendable {
    package let idle: Duration
    package let tries: Int64
    package let letters: Int64

    package init(idle: Duration, tries: Int64, letters: Int64) {
      self.idle = idle
      self.tries = tries
      self.letters = letters
    }
  }

  /// - Parameter of: for `own`: a former life; nil for this one.
  package func claim(
    _ whose: Whose, of: String? = nil, group: String, consumer: String, cursor: String = begin, rule: ClaimRule,
    count: Int64, held: [String] = [], nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let digits = cursor.hasPrefix("(") ? String(cursor.dropFirst()) : cursor
    guard digits.contains("-"), Self.isID(digits) else { throw .argument("cursor is not one that a claim gave") }
    guard held.count <= Self.mostHeld else { throw .argument("held are \(held.count), more than \(Self.mostHeld)") }
    var arguments = RESPArguments()
    arguments.append(try NumberRule.word(group, "group"))
    arguments.append(try Self.seat(consumer))
    arguments.append(whose.rawValue)
    arguments.append(try Self.seat(of ?? consumer))
    arguments.append(cursor)
    arguments.append(try NumberRule.ttl(rule.idle, "idle"))
    arguments.append(try NumberRule.count(count, "count", to: Int64(Self.mostAtOnce)))
    arguments.append(try NumberRule.count(rule.tries, "tries", to: 1_000_000))
    arguments.append(try NumberRule.count(rule.letters, "length"))
    for id in held { arguments.append(try Self.id(id, "held")) }
    arguments.append(nowUs)
    return ScriptCall(.streamClaim, keys: [stream, dead], arguments: arguments)
  }

  /// What a delivery is settled with: consumer and count say whose it is.
  package struct Receipt: Sendable {
    let group: String
    package let consumer: String
    package let messageID: String
    package let deliveries: Int64

    package init(group: String, consumer: String, messageID: String, deliveries: Int64) {
      self.group = group
      self.consumer = consumer
      self.messageID = messageID
      self.deliveries = deliveries
    }

    fileprivate func arguments(_ rest: any RESPArgument...) throws(RedisError) -> [any RESPArgument] {
      [
        try NumberRule.word(group, "group"), try StreamCalls.seat(consumer),
        try StreamCalls.id(messageID, "message_id"), try NumberRule.count(deliveries, "deliveries"),
      ] + rest
    }
  }

  /// Ends a delivery that is still ours.
  package func ack(_ receipt: Receipt, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.streamAck, keys: [stream], arguments: try receipt.arguments(nowUs))
  }

  /// Keeps a delivery that is still ours from being claimed.
  package func renew(_ receipt: Receipt, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.streamRenew, keys: [stream], arguments: try receipt.arguments(nowUs))
  }

  /// Gives a delivery back, to be claimed by anyone after the delay, which is at most `idle`.
  package func release(
    _ receipt: Receipt, idle: Duration, delay: Duration = .zero, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    let idleUs = try NumberRule.ttl(idle, "idle")
    return ScriptCall(
      .streamRelease, keys: [stream],
      arguments: try receipt.arguments(
        idleUs, try NumberRule.time(delay, "delay", from: 0, to: idleUs), nowUs))
  }

  /// Ends a delivery that is still ours among the dead letters.
  package func bury(
    _ receipt: Receipt, reason: DeadLetter.Reason, error: String = "", letters: Int64, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    guard reason != .trimmed else { throw .argument("reason must be max_deliveries, rejected or undecodable") }
    return ScriptCall(
      .streamBury, keys: [stream, dead],
      arguments: try receipt.arguments(
        reason.rawValue, Self.cut(error), try NumberRule.count(letters, "length"), nowUs))
  }

  /// Puts a dead letter back into its stream.
  package func revive(deadID: String, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(.streamRevive, keys: [stream, dead], arguments: [try Self.id(deadID, "dead_id"), nowUs])
  }

  /// Gives back all that a consumer still has, and its seat.
  package func leave(
    group: String, consumer: String, idle: Duration, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .streamLeave, keys: [stream],
      arguments: [
        try NumberRule.word(group, "group"), try Self.seat(consumer), try NumberRule.ttl(idle, "idle"), nowUs,
      ])
  }

  /// How much of the stream a group has not read; counts up to `most`.
  package func lag(group: String, most: Int64 = 1000, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .streamLag, keys: [stream],
      arguments: [
        try NumberRule.word(group, "group"), try NumberRule.count(most, "most", to: 100_000), nowUs,
      ])
  }
}

extension StreamCalls {
  /// Waits for new messages; nil does not wait.
  func read(group: String, consumer: String, count: Int, block: Duration?) -> RESPCommand {
    var command = RESPCommand("XREADGROUP", "GROUP", group, consumer, "COUNT", count)
    if let block {
      command.append("BLOCK")
      command.append(max(1, (block.wholeMicroseconds ?? 0) / 1000))
    }
    for word in ["STREAMS", stream, ">"] { command.append(word) }
    return command
  }

  /// Lists dead letters, oldest first.
  func letters(after: String?, count: Int) throws(RedisError) -> RESPCommand {
    let begin = if let after { "(" + (try Self.id(after, "after")) } else { "-" }
    let count = try NumberRule.count(Int64(count), "count", to: Int64(Self.mostHeld))
    return RESPCommand("XRANGE", dead, begin, "+", "COUNT", count)
  }

  /// In the order of the names' bytes, so that both languages store the same.
  private static func append(_ fields: [String: [UInt8]], to arguments: inout RESPArguments) throws(RedisError) {
    guard (1...256).contains(fields.count) else {
      throw .argument("the number of fields is \(fields.count), not 1 to 256")
    }
    for (name, value) in fields.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard (1...512).contains(name.utf8.count) else { throw .argument("a field's name must be 1 to 512 bytes") }
      arguments.append(name)
      arguments.append(value)
    }
  }

  /// At most 1024 bytes, cut at a whole character.
  private static func cut(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count > 1024 else { return bytes }
    var end = 1024
    while bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return Array(bytes[..<end])
  }

  /// A consumer as Redis knows it: a name, or `<name>:<life>`.
  fileprivate static func seat(_ text: String) throws(RedisError) -> String {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    for part in parts { _ = try NumberRule.word(String(part), "consumer") }
    return text
  }

  fileprivate static func id(_ text: String, _ name: String) throws(RedisError) -> String {
    guard isID(text) else { throw .argument("\(name) is not the id of a message") }
    return text
  }

  /// `<ms>` or `<ms>-<n>`, each 1 to 20 digits.
  private static func isID(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return parts.count <= 2
      && parts.allSatisfy { part in
        (1...20).contains(part.count) && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      }
  }
}
