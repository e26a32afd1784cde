import RESP

/// Reads what a vector gives. A value of the wrong kind is a wrong argument, as it would be from a caller.
struct Given {
  private let members: [String: JSONValue]

  init(_ given: JSONValue) {
    members = (given.object ?? [:]).filter { $0.value != .null }
  }

  func text(_ name: String) throws(RedisError) -> String {
    guard let value = members[name]?.string else { throw wrong(name, "no text") }
    return value
  }

  func optionalText(_ name: String) throws(RedisError) -> String? {
    members[name] == nil ? nil : try text(name)
  }

  func bytes(_ name: String) throws(RedisError) -> [UInt8] {
    guard let value = members[name] else { return [] }
    guard let bytes = value.bytes else { throw wrong(name, "no bytes") }
    return bytes
  }

  func integer(_ name: String, default fallback: Int64? = nil) throws(RedisError) -> Int64 {
    guard let value = members[name] else {
      guard let fallback else { throw wrong(name, "missing") }
      return fallback
    }
    guard let integer = value.int else { throw wrong(name, "no whole number") }
    return integer
  }

  func microseconds(_ name: String, default fallback: Int64? = nil) throws(RedisError) -> Duration {
    .microseconds(try integer(name, default: fallback))
  }

  func flag(_ name: String, default fallback: Bool = false) throws(RedisError) -> Bool {
    guard let value = members[name] else { return fallback }
    guard let flag = value.bool else { throw wrong(name, "neither true nor false") }
    return flag
  }

  func items(_ name: String) throws(RedisError) -> [Given] {
    guard let items = members[name]?.array else { throw wrong(name, "no list") }
    return items.map(Given.init)
  }

  func listOfBytes(_ name: String) throws(RedisError) -> [[UInt8]] {
    guard let items = members[name]?.array else { throw wrong(name, "no list") }
    return items.compactMap(\.bytes)
  }

  /// The fields of an object.
  func fields(_ name: String) throws(RedisError) -> [(name: String, value: [UInt8])] {
    guard let value = members[name] else { return [] }
    guard let fields = value.object else { throw wrong(name, "no object") }
    return fields.map { (name: $0.key, value: $0.value.bytes ?? []) }
  }

  func words(_ name: String, default fallback: [String]) throws(RedisError) -> [String] {
    guard let value = members[name] else { return fallback }
    guard let items = value.array else { throw wrong(name, "no list") }
    return items.compactMap(\.string)
  }

  /// Names and texts; empty where there are none.
  func fields(_ name: String) throws(RedisError) -> [String: String] {
    guard let value = members[name] else { return [:] }
    guard let members = value.object else { throw wrong(name, "no object") }
    var fields: [String: String] = [:]
    for (field, value) in members {
      guard let text = value.string else { throw wrong(name, "no text") }
      fields[field] = text
    }
    return fields
  }

  func optionalItems(_ name: String) throws(RedisError) -> [Given] {
    members[name] == nil ? [] : try items(name)
  }

  /// Names and any bytes.
  func byteFields(_ name: String) throws(RedisError) -> [String: [UInt8]] {
    guard let fields = members[name]?.object?.compactMapValues(\.bytes), fields.count == members[name]?.object?.count
    else { throw wrong(name, "no fields") }
    return fields
  }

  private func wrong(_ name: String, _ what: String) -> RedisError {
    RedisError(.argument, "\(name): \(what)", execution: .notExecuted)
  }
}
