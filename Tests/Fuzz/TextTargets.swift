import RESP

/// Any bytes as arguments: both encoders agree, and a server that reads the command gets the arguments back.
func attackCommands(_ bytes: UnsafeBufferPointer<UInt8>) {
  var source = bytes[...]
  let name = String(decoding: source.prefix(while: { $0 != 0 }), as: UTF8.self)
  source = source.dropFirst(name.utf8.count + 1)
  var rest = RESPArguments()
  var expected: [[UInt8]] = [Array(name.utf8)]
  while let kind = source.popFirst() {
    let piece = Array(source.prefix(Int(kind >> 2)))
    source = source.dropFirst(piece.count)
    switch kind & 3 {
    case 0:
      let number = piece.reduce(Int64(0)) { ($0 << 8) | Int64($1) }
      rest.append(number)
      expected.append(Array("\(number)".utf8))
    case 1:
      let text = String(decoding: piece, as: UTF8.self)
      rest.append(text)
      expected.append(Array(text.utf8))
    default:
      rest.append(piece)
      expected.append(piece)
    }
  }
  let command = RESPCommand(name: name, rest)
  guard command.arguments.list == expected else { broken("arguments changed", expected, command.arguments.list) }
  var out = OutBuffer(capacity: 16)
  defer { out.release() }
  out.append(command)
  guard Array(UnsafeBufferPointer(start: out.base, count: out.count)) == command.encoded else {
    broken("the two encoders differ", command.encoded)
  }
  command.encoded.withUnsafeBufferPointer { wire in
    let reading = ReplyReading([wire], ReplyReading.usual)
    guard reading == ReplyReading(values: [.array(expected.map { .bulk($0) })]) else {
      broken("a command does not read as it was meant", reading, expected)
    }
  }
  if command.description.utf8.count > name.utf8.count + 40 { broken("a description holds arguments", command) }
}

/// Any text: an address or a complaint that quotes nothing of it; a password is in no description.
func attackURLs(_ bytes: UnsafeBufferPointer<UInt8>) {
  let text = String(decoding: bytes, as: UTF8.self)
  do throws(RedisError) {
    let url = try RedisURL(text)
    // A short password stands in many texts by chance; what is shown must not depend on it.
    var other = url
    other.password = "another of \(url.password ?? "none")"
    for show in [{ "\($0)" }, { String(reflecting: $0) }, { $0.address }] as [(RedisURL) -> String]
    where show(url) != show(other) { broken("a password is shown", show(url)) }
    switch url.endpoint {
    case .tcp(let host, let port):
      guard (1...65535).contains(port), !host.isEmpty, !host.utf8.contains(0) else { broken("no such place", url) }
    case .unixSocket(let path):
      guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else { broken("no such path", url) }
    }
    guard (0...65535).contains(url.database) else { broken("no such database", url) }
  } catch {
    guard error.code == .url, error.execution == .notExecuted else { broken("not an error of a URL", error) }
    guard error.message.hasPrefix("at character "), error.message.utf8.count < 160 else {
      broken("a complaint quotes the URL", error)
    }
  }
}

/// Any text: one code, and `partial` only for what a script did.
func attackErrors(_ bytes: UnsafeBufferPointer<UInt8>) {
  let text = String(decoding: bytes, as: UTF8.self)
  let error = RedisError(serverError: text, command: "GET", address: "127.0.0.1:1")
  guard error.execution != .unknown else { broken("a server that answered knows", error) }
  if error.code == .script, error.execution != .partial { broken("a script's writes stay", error) }
  // Byte by byte, as Python reads it: a combining mark after the blank changes nothing.
  guard text.utf8.starts(with: error.message.utf8),
    error.serverCode.map({ Array($0.utf8) }) == Array(text.utf8.prefix { $0 != 32 })
  else { broken("the text changed", error) }
  if text.hasPrefix("ERR unknown "), error.message.contains(", with args beginning with:") {
    broken("arguments are shown", error)
  }
  if error.description.isEmpty || error.code.nextStep.isEmpty { broken("nothing to say", error.code) }
}
