import CPythonSupport

extension PythonValue {
  /// Copies a Python object; the reference stays the caller's.
  init(_ object: PythonObject, _ root: @autoclosure () -> String = "value") throws(PythonConversionError) {
    do throws(ConversionFailure) {
      self = try PythonValue.copy(object, depth: 0)
    } catch {
      throw error.error(root())
    }
  }

  private static func copy(_ object: PythonObject, depth: Int) throws(ConversionFailure) -> PythonValue {
    switch Int(cps_kind(object)) {
    case CPS_NONE: return .none
    case CPS_FALSE: return .bool(false)
    case CPS_TRUE: return .bool(true)
    case CPS_INT: return copyInteger(object)
    case CPS_DOUBLE: return .double(cps_double_value(object))
    case CPS_STRING: return .string(try copyString(object))
    case CPS_BYTES, CPS_BYTEARRAY:
      var size = 0
      let start = cps_bytes_value(object, &size)
      return .bytes([UInt8](UnsafeRawBufferPointer(start: start, count: size)))
    case CPS_LIST:
      try checkDepth(depth, object)
      return .list(try copyItems(object, depth, cps_list_item))
    case CPS_TUPLE:
      try checkDepth(depth, object)
      return .tuple(try copyItems(object, depth, cps_tuple_item))
    case CPS_DICT:
      try checkDepth(depth, object)
      return .dict(try copyDict(object, depth))
    default:
      throw ConversionFailure(
        reason: "a \(String(cString: cps_type_name(object))) cannot cross to Swift; "
          + "None, bool, int, float, str, bytes, list, tuple and dict can")
    }
  }

  private static func copyInteger(_ object: PythonObject) -> PythonValue {
    var value: Int64 = 0
    if cps_int_value(object, &value) { return .int(Int(value)) }
    guard let hex = cps_int_hex(object) else {
      cps_release(cps_take_error())
      return .bigInt("0x0")
    }
    defer { cps_release(hex) }
    var size = 0
    let text = cps_string_value(hex, &size)
    return .bigInt(text.map { String(cString: $0) } ?? "0x0")
  }

  static func copyString(_ object: PythonObject) throws(ConversionFailure) -> String {
    var size = 0
    guard let start = cps_string_value(object, &size) else {
      throw ConversionFailure(reason: "the str holds a lone surrogate, which UTF-8 and Swift cannot hold")
    }
    return String(decoding: UnsafeRawBufferPointer(start: start, count: size), as: UTF8.self)
  }

  private static func copyItems(
    _ container: PythonObject, _ depth: Int, _ item: (PythonObject?, Int) -> PythonObject?
  ) throws(ConversionFailure) -> [PythonValue] {
    let count = cps_size(container)
    var values: [PythonValue] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      do throws(ConversionFailure) {
        values.append(try copy(item(container, index)!, depth: depth + 1))
      } catch {
        throw extend(error, "[\(index)]", container)
      }
    }
    return values
  }

  private static func copyDict(
    _ dict: PythonObject, _ depth: Int
  ) throws(ConversionFailure) -> [PythonValue: PythonValue] {
    var values = [PythonValue: PythonValue](minimumCapacity: cps_size(dict))
    var position = 0
    var key: PythonObject?
    var value: PythonObject?
    while cps_dict_next(dict, &position, &key, &value) {
      let name: PythonValue
      do throws(ConversionFailure) {
        name = try copy(key!, depth: depth + 1)
      } catch {
        throw extend(error, "[key]", dict)
      }
      do throws(ConversionFailure) {
        values[name] = try copy(value!, depth: depth + 1)
      } catch {
        throw extend(error, "[\(name.pathText)]", dict)
      }
    }
    return values
  }

  private static func checkDepth(_ depth: Int, _ container: PythonObject) throws(ConversionFailure) {
    guard depth < nestingLimit else {
      throw ConversionFailure(
        reason: "nested deeper than \(nestingLimit) levels", tooDeep: Int(bitPattern: container))
    }
  }

  /// Adds a step to the path. The container at which the descent stopped met again on the way up: it holds itself.
  private static func extend(_ failure: ConversionFailure, _ step: String, _ container: PythonObject)
    -> ConversionFailure
  {
    var failure = failure
    failure.path.append(step)
    if failure.tooDeep == Int(bitPattern: container) {
      failure.reason = "the \(String(cString: cps_type_name(container))) contains itself"
      failure.path = []
    }
    return failure
  }
}
