import LuaScripts

/// A key of the library: where it stands in the contracts, and what they promise of it.
struct KeyContract: Sendable {
  let pattern: String
  let name: String
  let template: String
  let type: String
  let role: String
  let expires: Bool
  private let entity: String
  private let fields: [String]

  /// The library's key that a name and a type stand for: `[<namespace>:]<entity>:{<id>}[:<field>…]`.
  static func of(_ name: [UInt8], type: String) -> KeyContract? {
    guard let brace = name.indices.dropLast().first(where: { name[$0] == colon && name[$0 + 1] == openBrace }),
      let end = name[brace...].firstIndex(of: closeBrace), end >= brace + 3
    else { return nil }
    let entity = name[..<brace].split(separator: colon, omittingEmptySubsequences: false).last ?? []
    let tail = name[(end + 1)...]
    guard tail.isEmpty || (tail.first == colon && tail.count > 1) else { return nil }
    let words = tail.isEmpty ? [] : tail.dropFirst().split(separator: colon, omittingEmptySubsequences: false)
    let place = Place(entity: String(decoding: entity, as: UTF8.self), type: type)
    return all[place]?.first { $0.isFollowed(by: words) }
  }

  private func isFollowed(by words: [ArraySlice<UInt8>]) -> Bool {
    guard let last = fields.last else { return words.isEmpty }
    guard words.count >= fields.count, words.count == fields.count || last.hasPrefix("<") else { return false }
    return zip(words, fields).allSatisfy { word, field in
      field.hasPrefix("<") ? !word.isEmpty : word.elementsEqual(field.utf8)
    }
  }

  private struct Place: Hashable {
    let entity: String
    let type: String
  }

  /// Every key of every contract, fixed fields before placeholders.
  private static let all: [Place: [KeyContract]] = {
    var found: [Place: [KeyContract]] = [:]
    for contract in LuaContract.all.sorted(by: { $0.pattern < $1.pattern }) {
      let keys = (try? JSONReader.value(contract.source))?["keys"]?.object ?? [:]
      for (name, key) in keys.sorted(by: { $0.key < $1.key }) {
        let key = KeyContract(contract.pattern, name, key)
        found[Place(entity: key.entity, type: key.type), default: []].append(key)
      }
    }
    return found.mapValues { keys in
      keys.sorted { one, other in
        let (ours, theirs) = (one.fields.map { $0.hasPrefix("<") }, other.fields.map { $0.hasPrefix("<") })
        if ours == theirs { return one.template < other.template }
        return ours.lexicographicallyPrecedes(theirs) { !$0 && $1 }
      }
    }
  }()

  private init(_ pattern: String, _ name: String, _ data: JSON) {
    self.pattern = pattern
    self.name = name
    template = data["template"]?.string ?? ""
    type = data["type"]?.string ?? ""
    role = data["role"]?.string ?? "other"
    expires = data["expires"] != nil
    let bytes = Array(template.utf8)
    let brace = bytes.indices.dropLast().first { bytes[$0] == colon && bytes[$0 + 1] == openBrace } ?? bytes.count
    let end = bytes[brace...].firstIndex(of: closeBrace).map { $0 + 1 } ?? bytes.count
    entity = String(decoding: bytes[..<brace], as: UTF8.self)
    fields = bytes[end...].split(separator: colon).map { String(decoding: $0, as: UTF8.self) }
  }
}

let colon = UInt8(ascii: ":")
let openBrace = UInt8(ascii: "{")
let closeBrace = UInt8(ascii: "}")
