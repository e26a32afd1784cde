/// A JSON value, for entries whose form is known only when they are read.
///
/// Whole numbers have 64 bits and stay whole; all others are doubles.
public enum JSON: Sendable, Hashable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number without a fraction or an exponent.
  case int(Int64)
  /// Any other number.
  case double(Double)
  /// Text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Names and values; the order of the names plays no part.
  case object([String: JSON])

  /// How deep lists and objects may nest.
  static let deepest = 128
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}

extension JSON: Codable {
  /// From any decoder; one of ours hands the value over as it is.
  public init(from decoder: any Decoder) throws {
    if let ours = decoder as? JSONTreeDecoder {
      self = ours.value
    } else if let object = try? decoder.container(keyedBy: JSONKey.self) {
      var members: [String: JSON] = [:]
      for key in object.allKeys { members[key.stringValue] = try object.decode(JSON.self, forKey: key) }
      self = .object(members)
    } else if var list = try? decoder.unkeyedContainer() {
      var items: [JSON] = []
      while !list.isAtEnd { items.append(try list.decode(JSON.self)) }
      self = .array(items)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let value = try? single.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? single.decode(Int64.self) {
        self = .int(value)
      } else if let value = try? single.decode(Double.self) {
        self = .double(value)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }

  /// Into any encoder.
  public func encode(to encoder: any Encoder) throws {
    var single = encoder.singleValueContainer()
    switch self {
    case .null: try single.encodeNil()
    case .bool(let value): try single.encode(value)
    case .int(let value): try single.encode(value)
    case .double(let value): try single.encode(value)
    case .string(let value): try single.encode(value)
    case .array(let items): try single.encode(items)
    case .object(let members): try single.encode(members)
    }
  }
}

/// A name in an object, or a place in a list.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}

/// Why a text is not JSON, or a value cannot be JSON.
struct JSONError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
