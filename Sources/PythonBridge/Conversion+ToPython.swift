import CPythonSupport

/// A Python object. Only for code that holds the GIL.
typealias PythonObject = OpaquePointer

/// What a conversion failed of, with the path from the inside out.
struct ConversionFailure: Error {
  var reason: String
  var path: [String] = []
  /// The address of the container at which the nesting grew too deep.
  var tooDeep: Int?

  func error(_ root: String) -> PythonConversionError {
    var steps = Array(path.reversed())
    if steps.count > 12 { steps.replaceSubrange(6..<(steps.count - 3), with: ["[…]"]) }
    return PythonConversionError(path: root + steps.joined(), reason: reason)
  }
}

/// Containers in containers; beyond it Python's own `json` and `repr` give up as well.
let nestingLimit = 200

extension PythonValue {
  /// A new reference.
  func makeObject(_ root: @autoclosure () -> String = "value") throws(PythonConversionError) -> PythonObject {
    do throws(ConversionFailure) {
      return try makeObject(depth: 0)
    } catch {
      throw error.error(root())
    }
  }

  private func makeObject(depth: Int) throws(ConversionFailure) -> PythonObject {
    if depth > nestingLimit {
      throw ConversionFailure(reason: "nested deeper than \(nestingLimit) levels")
    }
    let object: PythonObject? =
      switch self {
      case .none: cps_none()
      case .bool(let value): cps_bool(value)
      case .int(let value): cps_int(Int64(value))
      case .bigInt(let digits): cps_int_from_hex(digits)
      case .double(let value): cps_double(value)
      case .string(let value): Self.makeString(value)
      case .bytes(let value): value.withUnsafeBytes { cps_bytes($0.baseAddress, $0.count) }
      case .list(let values): try Self.makeList(values, depth)
      case .tuple(let values): try Self.makeTuple(values, depth)
      case .dict(let values): try Self.makeDict(values, depth)
      }
    if let object { return object }
    cps_release(cps_take_error())
    if case .bigInt(let digits) = self {
      throw ConversionFailure(reason: "'\(digits)' is no hexadecimal integer")
    }
    throw ConversionFailure(reason: "out of memory")
  }

  static func makeString(_ value: String) -> PythonObject? {
    var value = value
    return value.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { cps_string($0.baseAddress, $0.count) }
    }
  }

  private static func makeList(_ values: [PythonValue], _ depth: Int) throws(ConversionFailure)
    -> PythonObject?
  {
    guard let list = cps_list(values.count) else { return nil }
    for (index, value) in values.enumerated() {
      cps_list_put(list, index, try make(value, depth, inside: list) { "[\(index)]" })
    }
    return list
  }

  private static func makeTuple(_ values: [PythonValue], _ depth: Int) throws(ConversionFailure)
    -> PythonObject?
  {
    guard let tuple = cps_tuple(values.count) else { return nil }
    for (index, value) in values.enumerated() {
      cps_tuple_put(tuple, index, try make(value, depth, inside: tuple) { "[\(index)]" })
    }
    return tuple
  }

  private static func makeDict(
    _ values: [PythonValue: PythonValue], _ depth: Int
  ) throws(ConversionFailure) -> PythonObject? {
    guard let dict = cps_dict() else { return nil }
    for (key, value) in values {
      let keyObject = try make(key, depth, inside: dict) { " key \(key)" }
      defer { cps_release(keyObject) }
      let object = try make(value, depth, inside: dict) { "[\(key.pathText)]" }
      defer { cps_release(object) }
      if cps_dict_put(dict, keyObject, object) != 0 {
        cps_release(cps_take_error())
        cps_release(dict)
        throw ConversionFailure(
          reason: "a \(key.typeName) cannot be a key in Python", path: ["[\(key.pathText)]"])
      }
    }
    return dict
  }

  private static func make(
    _ value: PythonValue, _ depth: Int, inside container: PythonObject, step: () -> String
  ) throws(ConversionFailure) -> PythonObject {
    do throws(ConversionFailure) {
      return try value.makeObject(depth: depth + 1)
    } catch {
      cps_release(container)
      var failure = error
      failure.path.append(step())
      throw failure
    }
  }

  /// How a key looks in a path.
  var pathText: String {
    switch self {
    case .string(let text): "\"\(text)\""
    case .int(let number): "\(number)"
    default: "\(typeName) key"
    }
  }
}
