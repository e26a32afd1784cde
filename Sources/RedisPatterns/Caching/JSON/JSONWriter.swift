/// Writes JSON in one form only, so that equal values are equal bytes in every language: compact, names sorted by their
/// UTF-8 bytes (which is the order of code points), escapes only where JSON demands them.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  static func bytes(_ value: JSON) throws -> [UInt8] {
    var writer = JSONWriter()
    try writer.write(value, depth: 1)
    return writer.bytes
  }

  private mutating func write(_ value: JSON, depth: Int) throws {
    switch value {
    case .null: append("null")
    case .bool(let value): append(value ? "true" : "false")
    case .int(let value): append(String(value))
    case .double(let value): append(try Self.text(value))
    case .string(let text): write(text)
    case .array(let items):
      try check(depth)
      bytes.append(UInt8(ascii: "["))
      for (at, item) in items.enumerated() {
        if at > 0 { bytes.append(UInt8(ascii: ",")) }
        try write(item, depth: depth + 1)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      try check(depth)
      bytes.append(UInt8(ascii: "{"))
      // Strings of Swift are ordered by what they look like; bytes are ordered alike everywhere.
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (at, member) in sorted.enumerated() {
        if at > 0 { bytes.append(UInt8(ascii: ",")) }
        write(member.key)
        bytes.append(UInt8(ascii: ":"))
        try write(member.value, depth: depth + 1)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private func check(_ depth: Int) throws {
    guard depth <= JSON.deepest else { throw JSONError("deeper than \(JSON.deepest) levels") }
  }

  private mutating func append(_ text: String) { bytes += text.utf8 }

  private mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: append("\\b")
      case 0x09: append("\\t")
      case 0x0A: append("\\n")
      case 0x0C: append("\\f")
      case 0x0D: append("\\r")
      case 0..<0x20: append(byte < 0x10 ? "\\u000" + String(byte, radix: 16) : "\\u00" + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The shortest digits that read back as the same number, always with a dot or an exponent, so that a double stays one.
  /// With an exponent from 10^16 on and below 10^−4, of two digits at least: the form of Python's `repr`.
  static func text(_ value: Double) throws -> String {
    guard value.isFinite else { throw JSONError("\(value) is not a number of JSON") }
    let sign = value.sign == .minus ? "-" : ""
    guard value != 0 else { return sign + "0.0" }
    // The standard library finds the digits; where it puts the dot is its own affair.
    let parts = value.magnitude.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    var digits = mantissa.joined()
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.first == "0" {
      digits.removeFirst()
      point -= 1
    }
    while digits.last == "0" { digits.removeLast() }
    // The value is 0.digits times 10 to the power of the point.
    switch point {
    case -3...0: return sign + "0." + String(repeating: "0", count: -point) + digits
    case 1..<digits.count: return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    case 1...16: return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
    default:
      let rest = digits.count > 1 ? "." + digits.dropFirst() : ""
      let power = (point - 1).magnitude
      return sign + digits.prefix(1) + rest + (point > 0 ? "e+" : "e-") + (power < 10 ? "0" : "") + String(power)
    }
  }
}
