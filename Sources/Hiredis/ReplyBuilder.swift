import CRedisSupport
import RESP

/// Builds `RESPValue`s out of what the parser meets, within limits.
///
/// Lives behind a pointer that the parser hands back to us; used by one thread at a time.
struct ReplyBuilder {
  struct Limits: Sendable {
    /// All texts of one reply together, and what the arrays themselves take.
    var bytes: Int
    /// All values of one reply together.
    var elements: Int
    /// Arrays inside arrays.
    let depth = Int(rps_deepest_reply())
  }

  /// An array that still waits for elements.
  private struct Frame {
    var missing: Int
    var values: [RESPValue]
  }

  let limits: Limits
  private(set) var bytes = 0
  private var elements = 0
  private var open: [Frame] = []
  private var whole: RESPValue?
  /// What was too large, once a part was refused.
  private(set) var refusal: String?

  init(_ limits: Limits) {
    self.limits = limits
  }

  /// How many bytes the reply at hand may still bring.
  var room: Int { limits.bytes - bytes }

  /// The finished reply; the builder is ready for the next one.
  mutating func take() -> RESPValue {
    bytes = 0
    elements = 0
    defer { whole = nil }
    return whole ?? .null
  }

  fileprivate mutating func add(_ value: consuming RESPValue, bytes count: Int) -> Bool {
    bytes += count
    elements += 1
    guard bytes <= limits.bytes else { return refuse("the reply is larger than \(limits.bytes) bytes") }
    guard elements <= limits.elements else {
      return refuse("the reply has more than \(limits.elements) elements")
    }
    if open.isEmpty {
      whole = value
      return true
    }
    place(value)
    return true
  }

  private mutating func place(_ first: consuming RESPValue) {
    var value = first
    while true {
      let last = open.count - 1
      open[last].values.append(value)
      open[last].missing -= 1
      if open[last].missing > 0 { return }
      value = .array(open.removeLast().values)
      if open.isEmpty {
        whole = value
        return
      }
    }
  }

  fileprivate mutating func begin(_ count: Int) -> Bool {
    if count <= 0 { return add(.array([]), bytes: 0) }
    elements += 1
    guard count <= limits.elements - elements else {
      return refuse("an array of \(count) elements was announced; the limit is \(limits.elements)")
    }
    guard open.count < limits.depth else {
      return refuse("arrays are nested deeper than \(limits.depth) levels")
    }
    var values: [RESPValue] = []
    // What was announced has not come yet: no large sum in advance.
    values.reserveCapacity(min(count, 1024))
    open.append(Frame(missing: count, values: values))
    return true
  }

  private mutating func refuse(_ reason: String) -> Bool {
    refusal = reason
    return false
  }
}

extension ReplyBuilder {
  /// The parser's view of a builder at a fixed place in memory.
  static func sink(_ builder: UnsafeMutablePointer<ReplyBuilder>) -> rps_sink_t {
    rps_sink_t(
      context: UnsafeMutableRawPointer(builder),
      text: { context, kind, bytes, length in
        let text = UnsafeBufferPointer(start: bytes, count: length)
        let value: RESPValue =
          switch Int(kind) {
          case RPS_TEXT_BULK: .bulk([UInt8](text))
          case RPS_TEXT_STATUS: .simple(String(decoding: text, as: UTF8.self))
          default: .error(String(decoding: text, as: UTF8.self))
          }
        return at(context).pointee.add(value, bytes: length) ? 1 : 0
      },
      integer: { context, value in at(context).pointee.add(.integer(value), bytes: 8) ? 1 : 0 },
      null: { context in at(context).pointee.add(.null, bytes: 0) ? 1 : 0 },
      array: { context, count in at(context).pointee.begin(Int(count)) ? 1 : 0 },
      malformed: nil, taken: 0)
  }
}

private func at(_ context: UnsafeMutableRawPointer) -> UnsafeMutablePointer<ReplyBuilder> {
  context.assumingMemoryBound(to: ReplyBuilder.self)
}
