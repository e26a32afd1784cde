/// The id of a session: 32 random bytes behind the routing tag of its user, 64 characters in all.
///
/// `text` is what goes into the cookie, and into nothing else: neither `description` nor `dump` shows it, and Redis knows
/// only its hash.
public struct SessionID: Sendable, CustomStringConvertible, CustomReflectable {
  static let tagBytes = 16
  static let secretBytes = 32

  private let bytes: [UInt8]

  /// Reads what a client presented; nil for what cannot be an id, so that it never reaches Redis.
  public init?(_ text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(48)
    var (bits, held): (UInt32, Int) = (0, 0)
    guard text.utf8.count == 64 else { return nil }
    for character in text.utf8 {
      guard let value = Self.value(character) else { return nil }
      bits = bits << 6 | value
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
      }
    }
    self.bytes = bytes
  }

  /// A new one, from the system's generator.
  package init(drawnFor tag: SessionTag) {
    var generator = SystemRandomNumberGenerator()
    var secret: [UInt8] = []
    while secret.count < Self.secretBytes {
      let word: UInt64 = generator.next()
      for shift in stride(from: UInt64(0), to: 64, by: 8) { secret.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes = tag.bytes + secret
  }

  /// The id itself: a secret.
  public var text: String {
    String(unsafeUninitializedCapacity: 64) { text in
      var (at, end) = (0, 0)
      while at < bytes.count {
        let bits = UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2])
        text[end] = Self.alphabet[Int(bits >> 18)]
        text[end + 1] = Self.alphabet[Int(bits >> 12 & 63)]
        text[end + 2] = Self.alphabet[Int(bits >> 6 & 63)]
        text[end + 3] = Self.alphabet[Int(bits & 63)]
        (at, end) = (at + 3, end + 4)
      }
      return end
    }
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// The same for all sessions of a user: it puts their keys into one slot.
  package var tag: SessionTag { SessionTag(bytes: Array(bytes[..<Self.tagBytes])) }

  /// The name of the session in Redis: SHA-256 of `text`, or its HMAC; no way leads back.
  package func handle(_ pepper: SessionPepper?) -> String { hexadecimal(digest(Array(text.utf8), pepper)) }

  public var description: String { "SessionID(hidden)" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }

  private static func value(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

extension SessionID: Hashable {
  /// Takes equally long wherever the two differ.
  public static func == (one: SessionID, other: SessionID) -> Bool {
    zip(one.bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// What all sessions of one user share: a hash of the user, or random for nobody.
package struct SessionTag: Sendable, Hashable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  package init(user: String?, pepper: SessionPepper? = nil) {
    if let user {
      bytes = Array(digest(Array("redis-patterns user \(user)".utf8), pepper)[..<SessionID.tagBytes])
    } else {
      var generator = SystemRandomNumberGenerator()
      bytes = (0..<SessionID.tagBytes).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    }
  }

  /// As it stands in keys.
  package var hex: String { hexadecimal(bytes) }
}

/// A secret of the application that goes into every hash; shown nowhere.
package struct SessionPepper: Sendable, CustomStringConvertible, CustomReflectable {
  fileprivate let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var description: String { "hidden" }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

private func digest(_ message: [UInt8], _ pepper: SessionPepper?) -> [UInt8] {
  if let pepper { SHA256.authenticate(message, key: pepper.bytes) } else { SHA256.digest(message) }
}
