import RESP

/// The one grammar of our keys: `[<namespace>:]<entity>:{<id>}[:<field>]`.
///
/// The id is the hash tag, so all keys of one object lie in one Cluster slot. What a caller gives is percent-encoded,
/// so that no name can steer the tag, break a line in a log, or collide with another name.
package struct RedisKey: Sendable, Hashable {
  /// The longest part that a caller may give, in bytes once encoded.
  package static let longestPart = 512

  private let stem: String

  /// - Throws: `RedisError` with code `argument` for a part that is empty or too long.
  package init(namespace: String? = nil, entity: String, id: String) throws(RedisError) {
    let tag = try Self.part(id, named: "id")
    if let namespace {
      stem = "\(try Self.part(namespace, named: "namespace")):\(entity):{\(tag)}"
    } else {
      stem = "\(entity):{\(tag)}"
    }
  }

  /// The key itself: `lock:{order:123}`.
  package var name: String { stem }

  /// A key beside it, in the same slot: `lock:{order:123}:fence`.
  package func field(_ field: String) -> String { "\(stem):\(field)" }

  /// A key beside it, whose field a caller gives.
  package func field(caller field: String) throws(RedisError) -> String {
    "\(stem):\(try Self.part(field, named: "field"))"
  }

  /// A key beside it whose last part a caller gives: `bucket:{user:1}:request:<part>`.
  package func field(_ field: String, _ part: String, named: String) throws(RedisError) -> String {
    "\(stem):\(field):\(try Self.part(part, named: named))"
  }

  /// Percent-encodes `{`, `}`, `%` and the ASCII control bytes; all else stays as it is.
  static func part(_ text: String, named name: String) throws(RedisError) -> String {
    // Nearly always.
    if (1...longestPart).contains(text.utf8.count), text.hasOnly({ !isEncoded($0) }) { return text }
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.utf8.count + 8)
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      if isEncoded(byte) {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        encoded.append(byte)
      }
    }
    guard !encoded.isEmpty else { throw .argument("\(name) is empty") }
    guard encoded.count <= longestPart else {
      throw .argument("\(name) is \(encoded.count) bytes long, more than \(longestPart)")
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  private static func isEncoded(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x00...0x1F, 0x7F, UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "%"): true
    default: false
    }
  }
}

extension RedisError {
  /// A wrong argument, found before anything is sent.
  static func argument(_ message: String) -> RedisError {
    RedisError(.argument, message, execution: .notExecuted)
  }
}
