/// A value that crosses between Swift and Python. Nothing else does: no live Python object ever leaves its thread.
///
/// As in Python, `true` and `1` are different values here but the same key of a Python `dict`, and a `nan` equals
/// nothing, itself included. A dictionary keeps no order.
public enum PythonValue: Sendable, Hashable {
  case none
  case bool(Bool)
  case int(Int)
  /// An integer that `Int` cannot hold, as Python's `hex()` writes it: `-0x8000000000000001`.
  case bigInt(String)
  case double(Double)
  case string(String)
  case bytes([UInt8])
  case list([PythonValue])
  case tuple([PythonValue])
  case dict([PythonValue: PythonValue])
}

extension PythonValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .none }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: PythonValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (PythonValue, PythonValue)...) {
    self = .dict(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}

extension PythonValue {
  /// Whether it is None.
  public var isNone: Bool { self == .none }

  /// A bool; an int is none.
  public var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// An int of at most 64 bits; a bool is none.
  public var int: Int? {
    if case .int(let value) = self { value } else { nil }
  }

  /// A float, or an int that a float holds exactly.
  public var double: Double? {
    switch self {
    case .double(let value): value
    case .int(let value): Double(exactly: value)
    default: nil
    }
  }

  /// A str.
  public var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// Bytes.
  public var bytes: [UInt8]? {
    if case .bytes(let value) = self { value } else { nil }
  }

  /// The elements of a list or a tuple.
  public var elements: [PythonValue]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  /// A dict.
  public var dictionary: [PythonValue: PythonValue]? {
    if case .dict(let value) = self { value } else { nil }
  }

  /// The entry of a dict, `nil` where there is none.
  public subscript(key: PythonValue) -> PythonValue? { dictionary?[key] }

  /// The name of the Python type.
  var typeName: String {
    switch self {
    case .none: "None"
    case .bool: "bool"
    case .int, .bigInt: "int"
    case .double: "float"
    case .string: "str"
    case .bytes: "bytes"
    case .list: "list"
    case .tuple: "tuple"
    case .dict: "dict"
    }
  }
}
