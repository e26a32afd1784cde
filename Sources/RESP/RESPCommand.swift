/// Arguments of a command, encoded as they are appended: one allocation, whatever their number.
public struct RESPArguments: Sendable, Hashable {
  /// `$…` bulks one after another, without the `*<count>` head.
  public private(set) var body: [UInt8]
  /// The number of arguments.
  public private(set) var count: Int

  /// No arguments yet.
  @inlinable public init() {
    self.init(reserving: 64)
  }

  /// No arguments yet, with room for this many bytes of them.
  public init(reserving bytes: Int) {
    body = []
    body.reserveCapacity(bytes)
    count = 0
  }

  /// These arguments, in order.
  public init(_ arguments: [any RESPArgument]) {
    self.init(reserving: 16 + arguments.count * 24)
    for argument in arguments { append(argument) }
  }

  /// Adds one argument.
  public mutating func append(_ argument: some RESPArgument) {
    argument.encode(into: &body)
    count += 1
  }

  /// Adds the arguments of another list.
  public mutating func append(contentsOf other: RESPArguments) {
    body += other.body
    count += other.count
  }

  /// The arguments one by one, decoded again: for tests, recordings and routing, not for the hot path.
  public var list: [[UInt8]] {
    var result: [[UInt8]] = []
    result.reserveCapacity(count)
    var at = 0
    while at < body.count {
      at += 1  // $
      var length = 0
      while body[at] != 13 {
        length = length * 10 + Int(body[at] - 48)
        at += 1
      }
      at += 2
      result.append(Array(body[at..<at + length]))
      at += length + 2
    }
    return result
  }
}

/// One command, ready for the wire.
///
/// ```swift
/// RESPCommand("SET", "greeting", "hello", "PX", 1000)
/// ```
public struct RESPCommand: Sendable, Hashable, CustomStringConvertible {
  /// The verb, for errors and metrics; arguments never appear there.
  public let name: String
  /// The verb and its arguments.
  public private(set) var arguments: RESPArguments

  /// A command of any arguments: `RESPCommand("GET", key)`.
  public init(_ name: String, _ arguments: any RESPArgument...) {
    self.init(name: name, RESPArguments(arguments))
  }

  /// A command of arguments that are encoded already.
  public init(name: String, _ rest: RESPArguments) {
    self.name = name
    arguments = RESPArguments(reserving: rest.body.count + name.utf8.count + 16)
    arguments.append(name)
    arguments.append(contentsOf: rest)
  }

  /// Adds one argument.
  public mutating func append(_ argument: some RESPArgument) {
    arguments.append(argument)
  }

  /// The bytes that go over the wire.
  public var encoded: [UInt8] {
    Array("*\(arguments.count)\r\n".utf8) + arguments.body
  }

  public var description: String { "\(name) (\(arguments.count - 1) arguments)" }
}
