/// Names of keys as bytes: their parts, and the shape of those that follow none of the library's templates.
enum KeyName {
  /// A name between its colons; a hash tag in braces is one part.
  static func parts(_ name: [UInt8]) -> [ArraySlice<UInt8>] {
    var (found, start, depth) = ([ArraySlice<UInt8>](), 0, 0)
    for (at, byte) in name.enumerated() {
      switch byte {
      case openBrace: depth += 1
      case closeBrace where depth > 0: depth -= 1
      case colon where depth == 0:
        found.append(name[start..<at])
        start = at + 1
      default: break
      }
    }
    return found + [name[start...]]
  }

  /// The same without the braces of hash tags.
  static func bareParts(_ name: [UInt8]) -> [ArraySlice<UInt8>] {
    parts(name).map { isTag($0) ? $0.dropFirst().dropLast() : $0 }
  }

  /// Each name with what varies written `<id>`.
  ///
  /// A word of letters stays; as a second part only where several names share it and few such words stand there, because
  /// else it is a name itself.
  static func shapes(_ names: [[UInt8]]) -> [[UInt8]: String] {
    let split = Dictionary(names.map { ($0, parts($0).map(word)) }, uniquingKeysWith: { first, _ in first })
    var seconds: [String: [String: Int]] = [:]
    for words in split.values where words.count > 1 { seconds[words[0], default: [:]][words[1], default: 0] += 1 }
    let most = Checklist.shared.threshold("literals")
    return split.mapValues { words in
      var words = words
      if words.count > 1, !words[1].hasPrefix("{") {
        let literals = seconds[words[0]] ?? [:]
        if literals.count > most || literals[words[1]] == 1 { words[1] = "<id>" }
      }
      return words.joined(separator: ":")
    }
  }

  /// What a name of another program says that it is, by the words of the checklist.
  static func kind(of name: [UInt8]) -> String? {
    let kinds = Checklist.shared.kinds
    return parts(name).prefix(2).lazy.compactMap { kinds[String(decoding: $0, as: UTF8.self)] }.first
  }

  /// `entity:id[:field…]`: two to six parts, none empty, no blanks and no controls, the first in small letters.
  static func followsGrammar(_ name: [UInt8]) -> Bool {
    let words = parts(name)
    return (2...6).contains(words.count) && name.count <= Checklist.shared.threshold("name_bytes")
      && words.allSatisfy { !$0.isEmpty } && isEntity(words[0]) && !name.contains { $0 <= 0x20 || $0 == 0x7F }
  }

  private static func isTag(_ part: ArraySlice<UInt8>) -> Bool {
    part.count >= 2 && part.first == openBrace && part.last == closeBrace
  }

  private static func word(_ part: ArraySlice<UInt8>) -> String {
    if isTag(part) { return "{<id>}" }
    guard let first = part.first, isLetter(first), part.count <= 24,
      part.dropFirst().allSatisfy({ isSmall($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
    else { return "<id>" }
    return String(decoding: part, as: UTF8.self)
  }

  private static func isEntity(_ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, isSmall(first) else { return false }
    return part.allSatisfy { isSmall($0) || isDigit($0) || "_.-".utf8.contains($0) }
  }

  static func isSmall(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  static func isLetter(_ byte: UInt8) -> Bool { isSmall(byte) || isSmall(byte &+ 32) && byte < UInt8(ascii: "a") }
}
