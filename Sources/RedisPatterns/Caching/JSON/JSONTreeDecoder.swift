/// Lets a value make itself of a tree of JSON.
struct JSONTreeDecoder: Decoder {
  let value: JSON
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ value: JSON, _ codingPath: [any CodingKey] = []) {
    self.value = value
    self.codingPath = codingPath
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch([String: JSON].self) }
    return KeyedDecodingContainer(JSONObjectReader<Key>(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let items) = value else { throw mismatch([JSON].self) }
    return JSONListReader(items: items, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { JSONValueReader(decoder: self) }

  func mismatch(_ type: any Any.Type) -> DecodingError {
    .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: "another kind of value"))
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if type == String.self {
      guard case .string(let text) = value, let text = text as? T else { throw mismatch(type) }
      return text
    }
    if type == Bool.self {
      guard case .bool(let flag) = value, let flag = flag as? T else { throw mismatch(type) }
      return flag
    }
    if let type = type as? any BinaryFloatingPoint.Type { return try cast(number(type)) }
    if let type = type as? any FixedWidthInteger.Type { return try cast(whole(type)) }
    return try T(from: self)
  }

  private func cast<T>(_ value: Any) throws -> T {
    guard let value = value as? T else { throw mismatch(T.self) }
    return value
  }

  /// A whole number is a double too, where the double can hold it.
  private func number<Number: BinaryFloatingPoint>(_ type: Number.Type) throws -> Number {
    switch value {
    case .double(let double): return Number(double)
    case .int(let whole):
      guard let number = Number(exactly: whole) else { throw mismatch(type) }
      return number
    default: throw mismatch(type)
    }
  }

  private func whole<Whole: FixedWidthInteger>(_ type: Whole.Type) throws -> Whole {
    let number: Whole? =
      switch value {
      case .int(let whole): Whole(exactly: whole)
      case .double(let double): Whole(exactly: double)
      default: nil
      }
    guard let number else { throw mismatch(type) }
    return number
  }
}

private struct JSONValueReader: SingleValueDecodingContainer {
  let decoder: JSONTreeDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.value == .null }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}

private struct JSONListReader: UnkeyedDecodingContainer {
  let items: [JSON]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(items: [JSON], codingPath: [any CodingKey]) {
    self.items = items
    self.codingPath = codingPath
  }

  var count: Int? { items.count }
  var isAtEnd: Bool { currentIndex == items.count }

  /// The next item; it is taken only when it could be read.
  private mutating func next<T>(_ read: (JSONTreeDecoder) throws -> T) throws -> T {
    let path = codingPath + [JSONKey(intValue: currentIndex)]
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        T.self, DecodingError.Context(codingPath: path, debugDescription: "the list has ended"))
    }
    let value = try read(JSONTreeDecoder(items[currentIndex], path))
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, items[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next { try $0.decode(type) } }

  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try next { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder { try next { $0 } }
}

private struct JSONObjectReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: JSON]
  let codingPath: [any CodingKey]

  var allKeys: [Key] { members.keys.compactMap(Key.init(stringValue:)) }
  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

  private func member(_ key: any CodingKey) throws -> JSONTreeDecoder {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, DecodingError.Context(codingPath: codingPath, debugDescription: "no \(key.stringValue)"))
    }
    return JSONTreeDecoder(value, codingPath + [key])
  }

  func decodeNil(forKey key: Key) throws -> Bool { try member(key).value == .null }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try member(key).decode(type) }

  func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Inner> {
    try member(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try member(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try member(JSONKey(stringValue: "super")) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}
