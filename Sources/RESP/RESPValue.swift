/// One reply of a Redis server, in the shapes of RESP2.
public enum RESPValue: Sendable, Hashable {
  /// `$-1` or `*-1`: the server has nothing to say.
  case null
  /// `:123`
  case integer(Int64)
  /// `+OK`
  case simple(String)
  /// `$3\r\nabc`: any bytes, not only text.
  case bulk([UInt8])
  /// `*2…`: replies inside a reply.
  case array([RESPValue])
  /// `-ERR …` inside an array (`EXEC`, pipelines in scripts). At the top level it is thrown instead.
  case error(String)
}

extension RESPValue {
  /// The integer of this reply, also when the server sent it as decimal text; otherwise nil.
  public var int: Int64? {
    switch self {
    case .integer(let value): value
    case .simple(let text): Int64(text)
    case .bulk(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
    default: nil
    }
  }

  /// The text of a simple or bulk reply, or of an integer in decimal; nil for the rest and for bytes that are not UTF-8.
  public var string: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
    case .integer(let value): String(value)
    default: nil
    }
  }

  /// The bytes of a simple or bulk reply.
  public var bytes: [UInt8]? {
    switch self {
    case .bulk(let bytes): bytes
    case .simple(let text): Array(text.utf8)
    default: nil
    }
  }

  /// The elements of an array reply.
  public var array: [RESPValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// Whether it is the null of a text or an array.
  public var isNull: Bool { self == .null }
}
