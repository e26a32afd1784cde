import RESP

extension RESPValue {
  /// A value that the next bytes describe.
  init(from source: inout UnsafeBufferPointer<UInt8>.SubSequence, depth: Int) {
    let kind = source.popFirst() ?? 0
    switch kind % 8 {
    case 0: self = .null
    case 1: self = .integer(Int64(bitPattern: Self.word(&source)))
    case 2: self = .integer(Int64(source.popFirst() ?? 0) - 128)
    case 3: self = .simple(Self.text(&source))
    case 4: self = .error(Self.text(&source))
    case 5 where depth < deepest, 6 where depth < deepest:
      let count = Int(source.popFirst() ?? 0) % 9
      self = .array((0..<count).map { _ in RESPValue(from: &source, depth: depth + 1) })
    default: self = .bulk(Self.piece(&source))
    }
  }

  private static func word(_ source: inout UnsafeBufferPointer<UInt8>.SubSequence) -> UInt64 {
    (0..<8).reduce(0) { word, _ in word << 8 | UInt64(source.popFirst() ?? 0) }
  }

  private static func piece(_ source: inout UnsafeBufferPointer<UInt8>.SubSequence) -> [UInt8] {
    let length = Int(source.popFirst() ?? 0)
    let piece = Array(source.prefix(length))
    source = source.dropFirst(length)
    // Now and then a long one, across several reads.
    return length == 255 ? Array(repeatElement(piece, count: 200).joined()) : piece
  }

  /// A line of valid text.
  private static func text(_ source: inout UnsafeBufferPointer<UInt8>.SubSequence) -> String {
    String(decoding: piece(&source).filter { $0 != 13 && $0 != 10 }.prefix(5000), as: UTF8.self)
  }

  /// As a server writes it.
  func write(to wire: inout [UInt8]) {
    switch self {
    case .null: wire += "$-1\r\n".utf8
    case .integer(let value): wire += ":\(value)\r\n".utf8
    case .simple(let text): wire += "+\(text)\r\n".utf8
    case .error(let text): wire += "-\(text)\r\n".utf8
    case .bulk(let bytes): wire += Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10]
    case .array(let values):
      wire += "*\(values.count)\r\n".utf8
      for value in values { value.write(to: &wire) }
    }
  }
}
