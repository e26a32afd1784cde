/// Collects what a value says of itself into a tree of JSON.
struct JSONTreeEncoder: Encoder {
  let node: JSONNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func tree(_ value: some Encodable) throws -> JSON {
    let node = JSONNode()
    try node.encode(value, [])
    return node.json
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.becomeObject()
    return KeyedEncodingContainer(JSONObjectWriter<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.becomeList()
    return JSONListWriter(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    JSONValueWriter(node: node, codingPath: codingPath)
  }
}

/// A place in the tree that is being filled: shared, because containers may be used in any order.
final class JSONNode {
  private enum Content {
    case value(JSON)
    case list([JSONNode])
    case object([String: JSONNode])
  }

  // What says nothing of itself is an empty object.
  private var content = Content.object([:])

  var json: JSON {
    switch content {
    case .value(let value): value
    case .list(let nodes): .array(nodes.map(\.json))
    case .object(let nodes): .object(nodes.mapValues(\.json))
    }
  }

  var count: Int { if case .list(let nodes) = content { nodes.count } else { 0 } }

  func set(_ value: JSON) { content = .value(value) }

  func becomeList() { if case .list = content {} else { content = .list([]) } }

  func becomeObject() { if case .object = content {} else { content = .object([:]) } }

  func appended() -> JSONNode {
    let node = JSONNode()
    if case .list(var nodes) = content {
      content = .value(.null)  // gives up its share of the nodes, or every step would copy them
      nodes.append(node)
      content = .list(nodes)
    }
    return node
  }

  func member(_ name: String) -> JSONNode {
    let node = JSONNode()
    if case .object(var nodes) = content {
      content = .value(.null)
      nodes[name] = node
      content = .object(nodes)
    }
    return node
  }

  func encode(_ value: some Encodable, _ path: [any CodingKey]) throws {
    switch value {
    case let value as JSON: set(value)
    case let value as String: set(.string(value))
    case let value as Bool: set(.bool(value))
    case let value as Double: set(.double(value))
    case let value as Float: set(.double(Double(value)))
    case let value as any BinaryInteger:
      guard let whole = Int64(exactly: value) else {
        throw EncodingError.invalidValue(
          value, EncodingError.Context(codingPath: path, debugDescription: "a whole number beyond 64 bits"))
      }
      set(.int(whole))
    default: try value.encode(to: JSONTreeEncoder(node: self, codingPath: path))
    }
  }
}

private struct JSONValueWriter: SingleValueEncodingContainer {
  let node: JSONNode
  let codingPath: [any CodingKey]

  func encodeNil() { node.set(.null) }
  func encode(_ value: some Encodable) throws { try node.encode(value, codingPath) }
}

private struct JSONListWriter: UnkeyedEncodingContainer {
  let node: JSONNode
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  func encodeNil() { node.appended().set(.null) }

  func encode(_ value: some Encodable) throws {
    let key = JSONKey(intValue: count)
    try node.appended().encode(value, codingPath + [key])
  }

  private func next() -> JSONTreeEncoder {
    let key = JSONKey(intValue: count)
    return JSONTreeEncoder(node: node.appended(), codingPath: codingPath + [key])
  }

  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    next().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
  func superEncoder() -> any Encoder { next() }
}

private struct JSONObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: JSONNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { node.member(key.stringValue).set(.null) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    try node.member(key.stringValue).encode(value, codingPath + [key])
  }

  private func member(_ key: any CodingKey) -> JSONTreeEncoder {
    JSONTreeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type, forKey key: Key) -> KeyedEncodingContainer<Inner> {
    member(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
  func superEncoder() -> any Encoder { member(JSONKey(stringValue: "super")) }
  func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}
