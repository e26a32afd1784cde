/// A message as it came: `<epoch>:<seq>:<codec>:<bytes>`. Without a codec it is none of ours, and the payload is all of it.
package struct RawMessage: Sendable, Hashable {
  package var channel: String
  package var pattern: String?
  package var position = ChannelPosition(epoch: 0, sequence: 0)
  package var codec: UInt8?
  package var payload: [UInt8]

  /// Takes a message apart. What has not our form is kept whole.
  package init(_ bytes: [UInt8], channel: String, pattern: String? = nil) {
    self.channel = channel
    self.pattern = pattern
    var rest = bytes[...]
    if let epoch = Self.number(&rest, digits: 19), epoch > 0,
      let sequence = Self.number(&rest, digits: 16), sequence > 0,
      let number = Self.number(&rest, digits: 3), let codec = UInt8(exactly: number)
    {
      position = ChannelPosition(epoch: epoch, sequence: sequence)
      self.codec = codec
      payload = Array(rest)
    } else {
      payload = bytes
    }
  }

  /// A decimal number without leading zeros, and the colon behind it.
  private static func number(_ bytes: inout ArraySlice<UInt8>, digits: Int) -> Int64? {
    guard let colon = bytes.prefix(digits + 1).firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let text = bytes[bytes.startIndex..<colon]
    guard !text.isEmpty, text.allSatisfy({ (48...57).contains($0) }), text.count == 1 || text.first != 48,
      let value = Int64(String(decoding: text, as: UTF8.self))
    else { return nil }
    bytes = bytes[(colon + 1)...]
    return value
  }

  /// The message as its reader gets it.
  package func decoded<Codec: CacheCodec>(by codec: Codec) -> SubscriptionEvent<Codec.Value> {
    guard let number = self.codec else { return undecodable("it was not published by this library") }
    guard number == codec.number else {
      return undecodable("it has codec \(number), this subscriber \(codec.number)")
    }
    do {
      return .message(
        ChannelMessage(
          value: try codec.decode(payload), channel: channel, pattern: pattern, sequence: position.sequence,
          epoch: position.epoch))
    } catch {
      // A codec is somebody's code: whatever it throws, the next message is read.
      return undecodable("its codec failed: \(type(of: error))")
    }
  }

  private func undecodable<Value>(_ reason: String) -> SubscriptionEvent<Value> {
    .undecodable(UndecodableMessage(payload: payload, channel: channel, pattern: pattern, reason: reason))
  }
}
