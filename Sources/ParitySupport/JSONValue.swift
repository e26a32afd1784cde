import Foundation
import RedisPatterns

/// A JSON value as data: what vectors hold, what scenarios answer, what two languages are compared by.
///
/// Numbers are integers, as everywhere on the wire.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int64)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer()
    if box.decodeNil() {
      self = .null
    } else if let value = try? box.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? box.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? box.decode(String.self) {
      self = .string(value)
    } else if let value = try? box.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try box.decode([String: JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var box = encoder.singleValueContainer()
    switch self {
    case .null: try box.encodeNil()
    case .bool(let value): try box.encode(value)
    case .int(let value): try box.encode(value)
    case .string(let value): try box.encode(value)
    case .array(let value): try box.encode(value)
    case .object(let value): try box.encode(value)
    }
  }
}

extension JSONValue {
  /// - Throws: `JSONError`, which names the line.
  public init(parsing text: some DataProtocol) throws {
    self = try JSONParser.parse(Array(text))
  }

  /// What JSON of ours has no form for, a fraction, stands as text.
  init(_ value: JSON) {
    switch value {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .string("\(value)")
    case .string(let value): self = .string(value)
    case .array(let items): self = .array(items.map { JSONValue($0) })
    case .object(let members): self = .object(members.mapValues { JSONValue($0) })
    }
  }

  /// One line, keys sorted: equal values have equal text.
  public var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
  }

  public subscript(_ name: String) -> JSONValue? { object?[name] }

  public var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var int: Int64? { if case .int(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The bytes of a string, or of `{"hex": "00ff"}` where bytes are no text.
  public var bytes: [UInt8]? {
    switch self {
    case .string(let text): return Array(text.utf8)
    case .object(let fields):
      guard fields.count == 1, case .string(let hex)? = fields["hex"], hex.utf8.count.isMultiple(of: 2) else {
        return nil
      }
      let digits = Array(hex.utf8)
      var bytes: [UInt8] = []
      for at in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[at...(at + 1)], as: UTF8.self), radix: 16) else { return nil }
        bytes.append(byte)
      }
      return bytes
    default: return nil
    }
  }

  /// Text where the bytes are printable UTF-8, `{"hex": …}` otherwise.
  public init(bytes: [UInt8]) {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: { $0.value < 32 }) {
      self = .string(text)
    } else {
      self = .object(["hex": .string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())])
    }
  }
}

extension JSONValue: CustomStringConvertible {
  public var description: String { text }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
