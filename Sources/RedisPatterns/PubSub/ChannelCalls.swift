import RESP

/// Where a channel stands: the number of its last message, 0 before the first, within an epoch.
package struct ChannelPosition: Sendable, Hashable {
  package var epoch: Int64
  package var sequence: Int64

  package init(epoch: Int64, sequence: Int64) {
    self.epoch = epoch
    self.sequence = sequence
  }
}

/// The calls of one channel as values, and the names that channels and patterns have on the wire.
package struct ChannelCalls: Sendable {
  /// The counter's key, which is also the name of the channel on the server.
  package let channel: String

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    channel = try RedisKey(namespace: namespace, entity: Self.entity, id: name).name
  }

  package func publish(_ payload: [UInt8], codec: Int64, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .channelPublish, keys: [channel],
      arguments: [try NumberRule.count(codec, "codec", from: 0, to: 255), payload, nowUs])
  }

  package func position(nowUs: Int64 = 0) -> ScriptCall {
    ScriptCall(.channelPosition, keys: [channel], arguments: [nowUs])
  }

  package static func published(_ reply: RESPValue) throws(RedisError) -> Published {
    var reader = try ReplyReader(reply, of: "channel_publish")
    guard reader.status == "published" else { throw reader.unknownStatus() }
    let epoch = try reader.epoch()
    let sequence = try reader.integer("seq")
    let receivers = try reader.integer("receivers")
    try reader.end()
    return Published(epoch: epoch, sequence: sequence, receivers: Int(receivers))
  }

  package static func position(_ reply: RESPValue) throws(RedisError) -> ChannelPosition {
    var reader = try ReplyReader(reply, of: "channel_position")
    guard reader.status == "at" else { throw reader.unknownStatus() }
    let position = ChannelPosition(epoch: try reader.epoch(), sequence: try reader.integer("seq"))
    try reader.end()
    return position
  }

  // MARK: Names

  private static let entity = "channel"

  /// A pattern over names of channels as the server matches it; the namespace stands for itself.
  package static func pattern(_ pattern: String, namespace: String? = nil) throws(RedisError) -> String {
    let inside = "\(entity):{\(try RedisKey.part(pattern, named: "pattern"))}"
    guard let namespace else { return inside }
    return "\(ChannelPattern.literal(try RedisKey.part(namespace, named: "namespace"))):\(inside)"
  }

  /// The name of a channel that a pattern brought; what has not our form stays as it is.
  package static func name(of wire: String) -> String {
    let bytes = Array(wire.utf8)
    let opening = Array("\(entity):{".utf8)
    guard bytes.last == UInt8(ascii: "}"), bytes.count > opening.count,
      let start = (0...bytes.count - opening.count).last(where: { bytes[$0...].starts(with: opening) })
    else { return wire }
    var name: [UInt8] = []
    var rest = bytes[(start + opening.count)..<(bytes.count - 1)]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, !digits.contains(UInt8(ascii: "+")),
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        name.append(code)
        rest = rest.dropFirst(2)
      } else {
        name.append(byte)
      }
    }
    return String(decoding: name, as: UTF8.self)
  }
}

extension ReplyReader {
  /// An epoch travels as decimal text, because a Lua number would be rounded in other places than ours.
  fileprivate mutating func epoch() throws(RedisError) -> Int64 {
    let text = try text("epoch")
    guard let epoch = Int64(text), epoch > 0 else { throw broken("epoch '\(text.prefix(40))'") }
    return epoch
  }
}

/// Globs over names of channels: `*`, `?`, `[ab]`, and `\` before a character that stands for itself.
public enum ChannelPattern {
  /// The pattern that matches this text and nothing else: for text that a user gave.
  public static func literal(_ text: String) -> String {
    String(text.flatMap { "*?[]\\".contains($0) ? ["\\", $0] : [$0] })
  }
}
