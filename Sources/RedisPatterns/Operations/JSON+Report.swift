extension JSON {
  subscript(_ name: String) -> JSON? { object?[name] }

  var object: [String: JSON]? { if case .object(let members) = self { members } else { nil } }
  var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  var string: String? { if case .string(let text) = self { text } else { nil } }
  var int: Int64? { if case .int(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
}

extension JSON {
  /// Indented by two, keys sorted: the bytes of Python's `json.dumps(indent=2, sort_keys=True, ensure_ascii=False)`.
  var indented: String {
    var text = ""
    write(to: &text, indent: "")
    return text
  }

  private func write(to text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .int(let value): text += String(value)
    case .double(let value): text += String(value)
    case .string(let value): Self.write(value, to: &text)
    case .array(let items):
      Self.write("[", items, "]", to: &text, indent: indent) { item, text, deeper in
        item.write(to: &text, indent: deeper)
      }
    case .object(let members):
      Self.write("{", members.sorted { $0.key < $1.key }, "}", to: &text, indent: indent) { member, text, deeper in
        Self.write(member.key, to: &text)
        text += ": "
        member.value.write(to: &text, indent: deeper)
      }
    }
  }

  private static func write<Items: Collection>(
    _ open: String, _ items: Items, _ close: String, to text: inout String, indent: String,
    each: (Items.Element, inout String, String) -> Void
  ) {
    text += open
    let deeper = indent + "  "
    var separator = "\n"
    for item in items {
      text += separator + deeper
      each(item, &text, deeper)
      separator = ",\n"
    }
    text += items.isEmpty ? close : "\n" + indent + close
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
