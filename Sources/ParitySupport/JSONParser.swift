/// A strict reader of JSON (RFC 8259) whose numbers are whole, as everywhere on the wire.
///
/// Our own, because trying one type after another by `Decodable` throws at every value, which costs seconds under a test
/// library that records where each error comes from.
struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  static func parse(_ bytes: [UInt8]) throws -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value()
    parser.skipBlanks()
    guard parser.at == bytes.count else { throw parser.error("something follows the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func value() throws -> JSONValue {
    skipBlanks()
    depth += 1
    defer { depth -= 1 }
    guard depth <= 64 else { throw error("deeper than 64 levels") }
    switch peek {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .int(try integer())
    }
  }

  private mutating func object() throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    at += 1
    skipBlanks()
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard peek == UInt8(ascii: "\"") else { throw error("no name of a member") }
      let name = try string()
      skipBlanks()
      guard take(":") else { throw error("no colon") }
      guard members.updateValue(try value(), forKey: name) == nil else { throw error("\(name) stands twice") }
      skipBlanks()
    } while take(",")
    guard take("}") else { throw error("no end of the object") }
    return .object(members)
  }

  private mutating func array() throws -> JSONValue {
    var items: [JSONValue] = []
    at += 1
    skipBlanks()
    if take("]") { return .array(items) }
    repeat {
      items.append(try value())
      skipBlanks()
    } while take(",")
    guard take("]") else { throw error("no end of the array") }
    return .array(items)
  }

  private mutating func string() throws -> String {
    var text: [UInt8] = []
    at += 1
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("a control character in a string") }
      at += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escape = peek else { throw error("the text ends in a string") }
      at += 1
      switch escape {
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "b"): text.append(8)
      case UInt8(ascii: "f"): text.append(12)
      case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
      default: throw error("an unknown escape")
      }
    }
    guard take("\"") else { throw error("no end of the string") }
    guard let string = String(validating: text, as: UTF8.self) else { throw error("no UTF-8") }
    return string
  }

  private mutating func escapedScalar() throws -> Unicode.Scalar {
    let high = try hexUnit()
    if (0xD800..<0xDC00).contains(high), take("\\"), take("u") {
      let low = try hexUnit()
      if (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
      {
        return scalar
      }
    }
    guard let scalar = Unicode.Scalar(high) else { throw error("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexUnit() throws -> UInt32 {
    guard at + 4 <= bytes.count, let unit = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw error("no four hexadecimal digits") }
    at += 4
    return unit
  }

  private mutating func integer() throws -> Int64 {
    let start = at
    while let byte = peek, "+-.0123456789eE".utf8.contains(byte) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let first = text.first, first != "+", let value = Int64(text), String(value) == text else {
      throw error(text.isEmpty ? "no value" : "\(text) is no whole number of 64 bits")
    }
    return value
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[at...].starts(with: word.utf8) else { throw error("no value") }
    at += word.utf8.count
    return value
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 32 || byte == 10 || byte == 13 || byte == 9 { at += 1 }
  }

  private func error(_ reason: String) -> JSONError {
    JSONError(line: bytes[..<min(at, bytes.count)].count { $0 == 10 } + 1, reason: reason)
  }
}

/// A text that is not JSON as we write it.
public struct JSONError: Error, CustomStringConvertible, Sendable {
  public let line: Int
  public let reason: String
  public var description: String { "JSON, line \(line): \(reason)" }
}
