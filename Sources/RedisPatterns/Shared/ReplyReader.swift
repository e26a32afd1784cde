import RESP

/// Reads a script's reply: a status word, then values in a fixed order. Whatever does not fit is an error, never a guess.
struct ReplyReader {
  let status: String
  private let script: String
  private var rest: ArraySlice<RESPValue>

  init(_ reply: RESPValue, of script: String) throws(RedisError) {
    self.script = script
    guard let values = reply.array, let word = values.first?.string else {
      throw RedisError(
        .reply, "\(script) answered without a status word", execution: .unknown, command: script)
    }
    status = word
    rest = values.dropFirst()
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// The next value, of any kind.
  mutating func next() -> RESPValue? { rest.popFirst() }

  mutating func integer(_ name: String) throws(RedisError) -> Int64 {
    guard case .integer(let value)? = rest.popFirst() else { throw broken("no integer for \(name)") }
    return value
  }

  mutating func text(_ name: String) throws(RedisError) -> String {
    guard let value = rest.popFirst(), value.bytes != nil, let text = value.string else {
      throw broken("no text for \(name)")
    }
    return text
  }

  mutating func bytes(_ name: String) throws(RedisError) -> [UInt8] {
    guard let bytes = rest.popFirst()?.bytes else { throw broken("no bytes for \(name)") }
    return bytes
  }

  /// A time to wait, in microseconds on the wire.
  mutating func duration(_ name: String) throws(RedisError) -> Duration {
    .microseconds(try integer(name))
  }

  /// Ends a reply: more values than the contract names are an error too.
  func end() throws(RedisError) {
    guard rest.isEmpty else { throw broken("\(rest.count) values too many") }
  }

  func unknownStatus() -> RedisError { broken("unknown status") }

  func broken(_ what: String) -> RedisError {
    RedisError(
      .reply, "\(script) answered '\(status.prefix(40))': \(what)", execution: .unknown,
      command: script)
  }
}
