import RESP

/// A second reader of RESP2, as plain as can be: whole input, no limits, no states. What the client's reader says must
/// agree with it; and because it is compiled with coverage, libFuzzer learns the grammar from it.
struct PlainReader {
  enum End {
    /// Between two replies.
    case clean
    /// Inside a reply that is right so far.
    case partial
    /// Inside a line that cannot become right any more.
    case doomed
    case malformed
  }

  /// What a reply asks for at least: as much as came, and what it announced.
  struct Needs: Equatable {
    var bytes = 0
    var elements = 0
    var depth = 0
    /// The longest line of text, and the longest line with a number or a size, without their ends.
    var line = 0
    var header = 0
    /// The largest number of elements announced at once, with the elements before them.
    var announced = 0
  }

  private(set) var values: [RESPValue] = []
  private(set) var end = End.clean
  /// Of each value, and of the unfinished one if there is one.
  private(set) var needs: [Needs] = []

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  private let deepest: Int

  private struct Stop: Error { var end: End }

  init(_ bytes: UnsafeBufferPointer<UInt8>, deepest: Int) {
    self.bytes = bytes
    self.deepest = deepest
    while at < bytes.count {
      needs.append(Needs())
      do throws(Stop) { values.append(try value(0)) } catch {
        end = error.end
        return
      }
    }
  }

  private var need: Needs {
    get { needs[needs.count - 1] }
    set { needs[needs.count - 1] = newValue }
  }

  private mutating func value(_ depth: Int) throws(Stop) -> RESPValue {
    guard at < bytes.count else { throw Stop(end: .partial) }
    let kind = bytes[at]
    at += 1
    // Elements were counted when their array announced them.
    if depth == 0 { need.elements += 1 }
    switch kind {
    case UInt8(ascii: "+"): return .simple(try text())
    case UInt8(ascii: "-"): return .error(try text())
    case UInt8(ascii: ":"):
      let number = try number()
      need.bytes += 8
      return .integer(number)
    case UInt8(ascii: "$"): return try bulk()
    case UInt8(ascii: "*"): return try array(depth + 1)
    default: throw Stop(end: .malformed)
    }
  }

  private mutating func bulk() throws(Stop) -> RESPValue {
    let size = try number()
    if size == -1 { return .null }
    guard size >= 0 else { throw Stop(end: .malformed) }
    need.bytes = need.bytes.addingReportingOverflow(Int(size)).overflow ? .max : need.bytes + Int(size)
    guard bytes.count - at - 2 >= size else { throw Stop(end: .partial) }
    let body = bytes[at..<at + Int(size)]
    at += Int(size)
    guard bytes[at] == 13, bytes[at + 1] == 10 else { throw Stop(end: .malformed) }
    at += 2
    return .bulk(Array(body))
  }

  private mutating func array(_ depth: Int) throws(Stop) -> RESPValue {
    // The old parser refuses even an empty array there; the new one only what has elements.
    if depth > deepest, hasShortStack { throw Stop(end: .malformed) }
    let count = try number()
    if count == -1 { return .null }
    guard count >= 0 else { throw Stop(end: .malformed) }
    if count == 0 { return .array([]) }
    need.depth = max(need.depth, depth)
    need.announced = max(need.announced, Int(min(count, 1 << 40)))
    need.elements += Int(min(count, 1 << 40))
    // Elements that a limit surely forbids need not be read: nobody can.
    guard depth <= deepest else { throw Stop(end: .partial) }
    var elements: [RESPValue] = []
    for _ in 0..<count { elements.append(try value(depth)) }
    return .array(elements)
  }

  private mutating func text() throws(Stop) -> String {
    let line = try line { need, length in need.line = max(need.line, length) }
    need.bytes += line.count
    return String(decoding: line, as: UTF8.self)
  }

  /// A line in canonical decimal: no sign of plus, no leading zeros, at most 64 bits.
  private mutating func number() throws(Stop) -> Int64 {
    let start = at
    do throws(Stop) {
      let line = try line { need, length in need.header = max(need.header, length) }
      guard let number = Int64(String(decoding: line, as: UTF8.self)), Array("\(number)".utf8) == Array(line) else {
        throw Stop(end: .malformed)
      }
      return number
    } catch {
      guard error.end == .partial else { throw error }
      // Not at its end yet, and already wrong?
      var rest = bytes[start...]
      if rest.last == 13 { rest = rest.dropLast() }
      if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      let isFine = rest.allSatisfy { (48...57).contains($0) } && rest.count < 19
      throw Stop(end: isFine ? .partial : .doomed)
    }
  }

  private mutating func line(_ note: (inout Needs, Int) -> Void) throws(Stop) -> UnsafeBufferPointer<UInt8>.SubSequence
  {
    let start = at
    while at + 1 < bytes.count {
      if bytes[at] == 13, bytes[at + 1] == 10 {
        note(&need, at - start)
        at += 2
        return bytes[start..<at - 2]
      }
      at += 1
    }
    // A lone end of line at the very end belongs to no text.
    note(&need, bytes.count - start - (bytes.last == 13 && bytes.count > start ? 1 : 0))
    throw Stop(end: .partial)
  }
}
