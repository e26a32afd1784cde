/// One command as the server saw it.
public struct RecordedCommand: Sendable, Hashable {
  public let database: Int
  /// Called by a script, not by a client.
  public let inScript: Bool
  public let arguments: [[UInt8]]

  public init(database: Int = 0, inScript: Bool = false, arguments: [[UInt8]]) {
    self.database = database
    self.inScript = inScript
    self.arguments = arguments
  }

  public var verb: String { String(decoding: arguments.first ?? [], as: UTF8.self).uppercased() }

  /// As a person would type it; bytes that are not printable stand as `\xHH`.
  public var text: String { arguments.map(Self.readable).joined(separator: " ") }

  static func readable(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "\"\"" }
    return bytes.map { byte in
      byte > 32 && byte < 127
        ? String(UnicodeScalar(byte)) : (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }.joined()
  }
}

extension RecordedCommand {
  /// Reads a line of `MONITOR`: `+1700000000.123456 [0 unix:/x.sock] "SET" "k" "a\x00\"b"`; nil for any other.
  init?(monitorLine line: [UInt8]) {
    guard line.first == UInt8(ascii: "+"), let open = line.firstIndex(of: UInt8(ascii: "[")),
      let origin = Self.origin(line[(open + 1)...])
    else { return nil }
    var rest = line[origin.end...]
    var arguments: [[UInt8]] = []
    while let argument = Self.quoted(&rest) { arguments.append(argument) }
    guard !arguments.isEmpty else { return nil }
    self.init(database: origin.database, inScript: origin.inScript, arguments: arguments)
  }

  /// `0 unix:/x.sock] "`: a path may hold brackets too, so the end is the bracket before the first quote.
  private static func origin(_ line: ArraySlice<UInt8>) -> (database: Int, inScript: Bool, end: Int)? {
    let close = Array("] \"".utf8)
    var at = line.startIndex
    while at + close.count <= line.endIndex, !line[at...].starts(with: close) { at += 1 }
    guard at + close.count <= line.endIndex else { return nil }
    let words = String(decoding: line[..<at], as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard let database = words.first.flatMap({ Int($0) }) else { return nil }
    return (database, words.last == "lua", at + 1)
  }

  /// Takes the next quoted argument from the front.
  private static func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard let open = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    rest = rest[(open + 1)...]
    var argument: [UInt8] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
        argument.append(byte)
        continue
      }
      switch escaped {
      case UInt8(ascii: "n"): argument.append(10)
      case UInt8(ascii: "r"): argument.append(13)
      case UInt8(ascii: "t"): argument.append(9)
      case UInt8(ascii: "a"): argument.append(7)
      case UInt8(ascii: "b"): argument.append(8)
      case UInt8(ascii: "x"):
        argument.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? UInt8(ascii: "?"))
        rest = rest.dropFirst(2)
      default: argument.append(escaped)
      }
    }
    return argument
  }
}
