import RESP

extension NumberRule {
  /// The longest payload of a structure: a mebibyte.
  static let longestPayload = 1 << 20
  /// The longest id that stands inside a key's value, in bytes.
  static let longestID = 512

  /// A number that stays exact in Lua: up to 2^52, either way.
  static func signed(_ value: Int64, _ name: String) throws(RedisError) -> Int64 {
    try count(value, name, from: -largest)
  }

  static func payload(_ bytes: [UInt8], _ name: String) throws(RedisError) -> [UInt8] {
    guard bytes.count <= longestPayload else {
      throw .argument("\(name) is \(bytes.count) bytes long, more than \(longestPayload)")
    }
    return bytes
  }

  /// An id that stands inside a key's value: 1 to 512 bytes of UTF-8, whatever they are.
  static func identity(_ text: String, _ name: String) throws(RedisError) -> String {
    guard (1...longestID).contains(text.utf8.count) else {
      throw .argument("\(name) is \(text.utf8.count) bytes long, not 1 to \(longestID)")
    }
    return text
  }
}

extension NumberRule {
  /// One id or several, each once.
  static func several(_ ids: [String], _ name: String, most: Int) throws(RedisError) -> [String] {
    guard (1...most).contains(ids.count), Set(ids).count == ids.count else {
      throw .argument("there must be 1 to \(most) \(name), each once")
    }
    for id in ids { _ = try identity(id, name) }
    return ids
  }
}

extension ReplyReader {
  /// A number that travels as decimal text: versions and times.
  mutating func decimal(_ name: String) throws(RedisError) -> Int64 {
    let text = try text(name)
    guard let value = Int64(text), value >= 0 else { throw broken("\(name) '\(text.prefix(40))'") }
    return value
  }

  /// Reads a reply that is a status word alone.
  static func word<Word: RawRepresentable<String>>(
    _ reply: RESPValue, of script: String
  ) throws(RedisError) -> Word {
    let reader = try ReplyReader(reply, of: script)
    guard let word = Word(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return word
  }
}
