/// One point at which two accounts of the same thing part.
public struct Difference: Sendable, Hashable, Codable {
  /// What is compared.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case outcome, keyspace, command, transcript, failure
  }

  public let kind: Kind
  /// Where: `step 3, cache.fill by b`, `lock:{x}`, `command 4`.
  public let place: String
  /// Who says what: the vector or the first language, then the other.
  public let left: String
  public let right: String
  public let leftName: String
  public let rightName: String

  public init(
    _ kind: Kind, at place: String, _ left: (name: String, text: String), _ right: (name: String, text: String)
  ) {
    self.kind = kind
    self.place = place
    (leftName, self.left) = left
    (rightName, self.right) = right
  }

  /// Three lines for a person; both accounts stand under each other.
  public var text: String {
    let width = max(leftName.count, rightName.count)
    func pad(_ name: String) -> String { name + String(repeating: " ", count: width - name.count) }
    return "\(kind.rawValue): \(place)\n  \(pad(leftName))  \(left)\n  \(pad(rightName))  \(right)"
  }
}

extension Difference {
  /// Compares two lists place by place; what one lacks stands as `(nothing)`.
  static func between<Item: Equatable>(
    _ kind: Kind, _ left: (name: String, items: [Item]), _ right: (name: String, items: [Item]),
    place: (Int) -> String, text: (Item) -> String
  ) -> [Difference] {
    (0..<max(left.items.count, right.items.count)).compactMap { at in
      let one = at < left.items.count ? left.items[at] : nil
      let two = at < right.items.count ? right.items[at] : nil
      guard one != two else { return nil }
      return Difference(
        kind, at: place(at), (left.name, one.map(text) ?? "(nothing)"), (right.name, two.map(text) ?? "(nothing)"))
    }
  }

  /// Compares two keyspaces by key.
  static func betweenKeyspaces(
    _ left: (name: String, keys: [JSONValue]), _ right: (name: String, keys: [JSONValue])
  ) -> [Difference] {
    func byName(_ keys: [JSONValue]) -> [String: JSONValue] {
      Dictionary(keys.map { ($0["key"]?.string ?? $0.text, $0) }) { _, last in last }
    }
    let (one, two) = (byName(left.keys), byName(right.keys))
    return Set(one.keys).union(two.keys).sorted().compactMap { name in
      guard one[name] != two[name] else { return nil }
      return Difference(
        .keyspace, at: name, (left.name, one[name]?.text ?? "(no such key)"),
        (right.name, two[name]?.text ?? "(no such key)"))
    }
  }
}
