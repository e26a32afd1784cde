/// The epochs of a tag, 16 random bytes each. Another soft one makes an entry stale, another hard one worthless.
package struct CacheEpochs: Sendable, Hashable {
  package let hard: [UInt8]
  package let soft: [UInt8]

  init(hard: [UInt8], soft: [UInt8]) {
    self.hard = hard
    self.soft = soft
  }

  /// From 32 lower-case hexadecimal digits each.
  package init?(hard: some StringProtocol, soft: some StringProtocol) {
    guard let hard = Self.bytes(hard), let soft = Self.bytes(soft) else { return nil }
    self.init(hard: hard, soft: soft)
  }

  /// What lies under a tag's key: `<hard> <soft> <until us>`; nil for something else.
  init?(stored: [UInt8]) {
    let words = String(decoding: stored, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, !words[2].isEmpty, words[2].utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    self.init(hard: words[0], soft: words[1])
  }

  static func bytes(_ digits: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits.utf8 {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high { bytes.append(first << 4 | value) }
      high = high == nil ? value : nil
    }
    return bytes.count == 16 && high == nil ? bytes : nil
  }
}

/// A tag as an entry carries it: with the epochs from before the load.
package struct CacheTag: Sendable, Hashable {
  /// That one entry may carry.
  static let most = 16

  package let name: String
  package let epochs: CacheEpochs

  package init(name: String, epochs: CacheEpochs) {
    self.name = name
    self.epochs = epochs
  }

  /// `length(2) name hard(16) soft(16)`
  var bytes: [UInt8] {
    let name = Array(name.utf8)
    return [UInt8(truncatingIfNeeded: name.count >> 8), UInt8(truncatingIfNeeded: name.count)] + name + epochs.hard
      + epochs.soft
  }

  /// The tags of a header, one after another. Nil for a block of another form: who cannot read the tags cannot say that
  /// the entry is good.
  static func all(in block: ArraySlice<UInt8>) -> [CacheTag]? {
    var (tags, at) = ([CacheTag](), block.startIndex)
    while at < block.endIndex {
      guard at + 2 <= block.endIndex else { return nil }
      let nameEnd = at + 2 + Int(block[at]) << 8 + Int(block[at + 1])
      guard nameEnd + 32 <= block.endIndex, let name = String(validating: block[(at + 2)..<nameEnd], as: UTF8.self)
      else { return nil }
      let epochs = CacheEpochs(
        hard: Array(block[nameEnd..<nameEnd + 16]), soft: Array(block[nameEnd + 16..<nameEnd + 32]))
      tags.append(CacheTag(name: name, epochs: epochs))
      at = nameEnd + 32
    }
    return tags
  }
}
