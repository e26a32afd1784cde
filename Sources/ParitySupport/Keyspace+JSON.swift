import RESP

extension KeyState {
  /// As `leaves` of a vector has it: `key`, `type`, `value`, and `expires_in_ms` from the scenario's start; the last is
  /// null for a key that never expires.
  public func json(startUs: Int64) -> JSONValue {
    [
      "key": JSONValue.string(key),
      "type": .string(typeName),
      "value": value.json,
      "expires_in_ms": expiresAtMs.map { .int($0 - startUs / 1000) } ?? .null,
    ]
  }

  /// The type as Redis calls it.
  public var typeName: String {
    switch value {
    case .string: "string"
    case .hash: "hash"
    case .list: "list"
    case .set: "set"
    case .sortedSet: "zset"
    case .stream: "stream"
    case .other(let type, _): type
    }
  }
}

extension KeyState.Value {
  /// Equal values have equal JSON: the order of a hash or a set plays no part.
  fileprivate var json: JSONValue {
    switch self {
    case .string(let bytes): JSONValue(bytes: bytes)
    case .list(let items): .array(items.map(JSONValue.init(bytes:)))
    case .set(let members):
      .array(members.map(JSONValue.init(bytes:)).sorted { $0.text < $1.text })
    case .sortedSet(let pairs): .array(pairs.map { .array($0.map(JSONValue.init(bytes:))) })
    case .hash(let fields):
      .object(Dictionary(fields.map { (JSONValue.fieldName($0), JSONValue(bytes: $1)) }) { _, last in last })
    case .stream(let state): state.json
    case .other(_, let dump): JSONValue(bytes: dump)
    }
  }
}

extension JSONValue {
  /// A hash field is a name in JSON; one that is not text stands as `hex:00ff`.
  fileprivate static func fieldName(_ bytes: [UInt8]) -> String {
    switch JSONValue(bytes: bytes) {
    case .string(let text): text
    case let other: "hex:" + (other["hex"]?.string ?? "")
    }
  }
}
