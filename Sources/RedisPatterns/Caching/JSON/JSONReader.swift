/// A strict reader of JSON (RFC 8259). What two languages would read as two things is refused: a name that stands twice,
/// half of a surrogate pair, a whole number beyond 64 bits, a number beyond the doubles.
struct JSONReader {
  private let bytes: [UInt8]
  private var at = 0

  static func value(_ bytes: [UInt8]) throws -> JSON {
    var reader = JSONReader(bytes: bytes)
    let value = try reader.value(depth: 1)
    reader.skipBlanks()
    guard reader.at == bytes.count else { throw reader.error("something follows the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func error(_ what: String) -> JSONError { JSONError("\(what), at byte \(at)") }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
  }

  /// Takes the byte if it is the next one.
  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSON {
    skipBlanks()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try list(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
    guard bytes[at...].starts(with: word.utf8) else { throw error("no value") }
    at += word.utf8.count
    return value
  }

  private mutating func list(_ depth: Int) throws -> JSON {
    guard depth <= JSON.deepest else { throw error("deeper than \(JSON.deepest) levels") }
    at += 1
    var items: [JSON] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(items) }
      guard take(UInt8(ascii: ",")) else { throw error("neither , nor ]") }
    }
  }

  private mutating func object(_ depth: Int) throws -> JSON {
    guard depth <= JSON.deepest else { throw error("deeper than \(JSON.deepest) levels") }
    at += 1
    var members: [String: JSON] = [:]
    skipBlanks()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipBlanks()
      guard peek == UInt8(ascii: "\"") else { throw error("no name") }
      let name = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("no colon after a name") }
      // Names that look alike are one to a dictionary.
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw error("a name stands twice in an object")
      }
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw error("neither , nor }") }
    }
  }

  // MARK: Text

  private mutating func string() throws -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = peek {
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw error("text that is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): try escape(&text)
      case 0..<0x20: throw error("a control character in text")
      default: text.append(byte)
      }
    }
    throw error("text without an end")
  }

  private mutating func escape(_ text: inout [UInt8]) throws {
    guard let byte = peek else { throw error("text without an end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if (0xD800..<0xDC00).contains(code) {
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw error("half of a surrogate pair") }
        let low = try fourDigits()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
      text += Array(String(scalar).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func fourDigits() throws -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("not four hexadecimal digits")
      }
      code = code << 4 + UInt32(digit)
      at += 1
    }
    return code
  }

  // MARK: Numbers

  private mutating func number() throws -> JSON {
    let begin = at
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = String(decoding: bytes[begin..<at], as: UTF8.self)
    if isWhole {
      guard let value = Int64(text) else { throw error("a whole number beyond 64 bits") }
      return .int(value)
    }
    guard let value = Double(text), value.isFinite else { throw error("a number beyond the doubles") }
    return .double(value)
  }

  private mutating func digits() throws {
    let begin = at
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
    guard at > begin else { throw error("no value") }
  }
}
