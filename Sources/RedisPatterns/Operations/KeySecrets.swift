/// What must not stand in the name of a key.
enum KeySecrets {
  static func holdsEmail(_ name: [UInt8]) -> Bool {
    name.indices.contains { at in
      name[at] == UInt8(ascii: "@") && at > 0 && isMailbox(name[at - 1]) && beginsWithDomain(name[(at + 1)...])
    }
  }

  /// A JSON Web Token, or the prefix of a well-known kind of API key.
  static func holdsToken(_ name: [UInt8]) -> Bool {
    KeyName.bareParts(name).contains { part in
      if part.starts(with: "eyJ".utf8) && part.count(where: { $0 == UInt8(ascii: ".") }) >= 2 { return true }
      return part.count >= 16 && Checklist.shared.secrets.contains { part.starts(with: $0) }
    }
  }

  static func holdsCard(_ name: [UInt8]) -> Bool {
    KeyName.bareParts(name).contains { part in
      (15...16).contains(part.count) && part.allSatisfy(KeyName.isDigit) && isCardNumber(part.map { $0 - 48 })
    }
  }

  /// Whether a session's key is named by a long id that is no hash.
  static func namesSession(_ name: [UInt8]) -> Bool {
    let words = KeyName.bareParts(name)
    let kinds = Checklist.shared.kinds
    guard let at = words.prefix(2).firstIndex(where: { kinds[String(decoding: $0, as: UTF8.self)] == "session" }),
      at + 1 < words.count
    else { return false }
    let identity = words[at + 1]
    return identity.count >= 16 && !isHash(identity)
  }

  /// 64 hexadecimal digits in small letters, or 43 characters of base64 for URLs.
  private static func isHash(_ text: ArraySlice<UInt8>) -> Bool {
    switch text.count {
    case 64: text.allSatisfy { KeyName.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    case 43: text.allSatisfy { KeyName.isLetter($0) || KeyName.isDigit($0) || "-_".utf8.contains($0) }
    default: false
    }
  }

  private static func isMailbox(_ byte: UInt8) -> Bool {
    KeyName.isLetter(byte) || KeyName.isDigit(byte) || "._%+-".utf8.contains(byte)
  }

  /// Labels between dots, the last of at least two letters.
  private static func beginsWithDomain(_ rest: ArraySlice<UInt8>) -> Bool {
    let run = rest.prefix { KeyName.isLetter($0) || KeyName.isDigit($0) || "-.".utf8.contains($0) }
    let labels = run.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.count > 1 else { return false }
    for (at, label) in labels.enumerated() {
      if at > 0 && label.count >= 2 && label.prefix(2).allSatisfy(KeyName.isLetter) { return true }
      if label.isEmpty { return false }
    }
    return false
  }

  private static func isCardNumber(_ digits: [UInt8]) -> Bool {
    let known =
      switch (digits.count, digits[0], digits[1]) {
      case (16, 4, _), (16, 5, 1...5), (16, 6, _), (15, 3, 4), (15, 3, 7): true
      default: false
      }
    // The check digit by Luhn's rule.
    let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
      guard !digit.offset.isMultiple(of: 2) else { return sum + Int(digit.element) }
      let double = Int(digit.element) * 2
      return sum + (double > 9 ? double - 9 : double)
    }
    return known && sum.isMultiple(of: 10)
  }
}
