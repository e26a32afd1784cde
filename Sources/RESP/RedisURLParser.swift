/// Reads the text of a `RedisURL`, byte by byte, so that every complaint can name its place.
struct RedisURLParser {
  private let bytes: [UInt8]

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func parse() throws(RedisError) -> RedisURL {
    guard !bytes.isEmpty else { throw Self.error(at: 0, "the URL is empty") }
    for (place, byte) in bytes.enumerated() where byte <= 0x20 || byte == 0x7f {
      throw Self.error(at: place, "a space or control character must be written as a percent escape")
    }
    let start = try scheme()
    let query = bytes[start.rest...].firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
    if let fragment = bytes[start.rest...].firstIndex(of: UInt8(ascii: "#")) {
      throw Self.error(at: fragment, "'#' has no meaning here; in a password write %23")
    }
    let slash = bytes[start.rest..<query].firstIndex(of: UInt8(ascii: "/")) ?? query
    if let at = bytes[slash..<query].lastIndex(of: UInt8(ascii: "@")), !start.isSocket {
      throw Self.error(at: at, "'@' stands behind a '/'; in a password write '/' as %2F")
    }
    if let at = bytes[query...].firstIndex(of: UInt8(ascii: "@")) {
      throw Self.error(at: at, "'@' stands behind a '?'; in a password write '?' as %3F")
    }

    var url = RedisURL(endpoint: .unixSocket(path: ""), tls: start.tls)
    var authority = start.rest..<slash
    if let at = bytes[authority].lastIndex(of: UInt8(ascii: "@")) {
      try credentials(authority.lowerBound..<at, into: &url)
      authority = at + 1..<slash
    }
    if start.isSocket {
      guard authority.isEmpty else {
        throw Self.error(
          at: authority.lowerBound,
          "a unix URL has no host: the path begins with '/', as in unix:///run/redis.sock")
      }
      let path = try decoded(slash..<query)
      guard path.utf8.count > 1 else { throw Self.error(at: slash, "the path of the socket is missing") }
      url.endpoint = .unixSocket(path: path)
    } else {
      url.endpoint = try host(authority)
      if slash < query, slash + 1 < query {
        url.database = try number(slash + 1..<query, "the database", 0...65535)
      }
    }
    if query < bytes.endIndex { try options(query + 1..<bytes.endIndex, into: &url) }
    return url
  }

  private func scheme() throws(RedisError) -> (rest: Int, tls: Bool, isSocket: Bool) {
    let known: [(StaticString, Bool, Bool)] = [
      ("redis://", false, false), ("rediss://", true, false), ("unix://", false, true),
      ("redis+unix://", false, true),
    ]
    for (prefix, tls, isSocket) in known {
      let matches = prefix.withUTF8Buffer { wanted in
        bytes.count >= wanted.count && zip(bytes, wanted).allSatisfy { ($0 | 0x20) == ($1 | 0x20) }
      }
      if matches { return (prefix.utf8CodeUnitCount, tls, isSocket) }
    }
    throw Self.error(at: 0, "the URL must begin with redis://, rediss:// or unix://")
  }

  private func credentials(_ range: Range<Int>, into url: inout RedisURL) throws(RedisError) {
    if let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")) {
      let user = try decoded(range.lowerBound..<colon)
      url.user = user.isEmpty ? nil : user
      let password = try decoded(colon + 1..<range.upperBound)
      guard !password.isEmpty || user.isEmpty else {
        throw Self.error(at: colon + 1, "a user stands here without a password")
      }
      url.password = password.isEmpty ? nil : password
    } else if !range.isEmpty {
      throw Self.error(
        at: range.lowerBound, "before '@' write user:password, or :password for the default user")
    }
  }

  private func host(_ range: Range<Int>) throws(RedisError) -> RedisURL.Endpoint {
    if range.isEmpty { return .tcp(host: "127.0.0.1", port: 6379) }
    var name = range
    var port = 6379
    if bytes[range.lowerBound] == UInt8(ascii: "[") {
      guard let end = bytes[range].firstIndex(of: UInt8(ascii: "]")) else {
        throw Self.error(at: range.lowerBound, "'[' of an IPv6 address is not closed")
      }
      name = range.lowerBound + 1..<end
      if end + 1 < range.upperBound {
        guard bytes[end + 1] == UInt8(ascii: ":") else {
          throw Self.error(at: end + 1, "after ']' only a port may follow")
        }
        port = try number(end + 2..<range.upperBound, "the port", 1...65535)
      }
    } else if let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")) {
      if let second = bytes[colon + 1..<range.upperBound].firstIndex(of: UInt8(ascii: ":")) {
        throw Self.error(
          at: second,
          "a second ':' in host and port; write an IPv6 address in brackets, and '@' after a password")
      }
      name = range.lowerBound..<colon
      port = try number(colon + 1..<range.upperBound, "the port", 1...65535)
    }
    let text = try decoded(name)
    return .tcp(host: text.isEmpty ? "127.0.0.1" : text, port: port)
  }

  private func options(_ range: Range<Int>, into url: inout RedisURL) throws(RedisError) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: "&")) ?? range.upperBound
      guard let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")) else {
        throw Self.error(at: start, "an option is written name=value")
      }
      let value = equals + 1..<end
      switch try decoded(start..<equals) {
      case "db": url.database = try number(value, "the database", 0...65535)
      case "client_name": url.clientName = try decoded(value)
      case "timeout_ms": url.timeoutMilliseconds = try number(value, "the timeout", 1...86_400_000)
      case "connect_timeout_ms":
        url.connectTimeoutMilliseconds = try number(value, "the timeout", 1...86_400_000)
      default:
        throw Self.error(
          at: start, "an unknown option; known are db, client_name, timeout_ms and connect_timeout_ms")
      }
      start = end + 1
    }
  }

  private func number(_ range: Range<Int>, _ what: String, _ allowed: ClosedRange<Int>) throws(RedisError)
    -> Int
  {
    var value = 0
    for byte in bytes[range] {
      guard byte >= 48, byte <= 57, value <= allowed.upperBound else { value = -1; break }
      value = value * 10 + Int(byte - 48)
    }
    guard !range.isEmpty, allowed.contains(value) else {
      throw Self.error(
        at: range.lowerBound, "\(what) must be a number from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return value
  }

  private func decoded(_ range: Range<Int>) throws(RedisError) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(range.count)
    var at = range.lowerBound
    while at < range.upperBound {
      if bytes[at] == UInt8(ascii: "%") {
        guard at + 2 < range.upperBound, let high = Self.hex(bytes[at + 1]), let low = Self.hex(bytes[at + 2])
        else {
          throw Self.error(at: at, "'%' must be followed by two hexadecimal digits; a plain '%' is %25")
        }
        let byte = high << 4 | low
        guard byte != 0 else { throw Self.error(at: at, "a zero byte is not allowed") }
        result.append(byte)
        at += 3
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    guard let text = String(validating: result, as: UTF8.self) else {
      throw Self.error(at: range.lowerBound, "this part is not UTF-8")
    }
    return text
  }

  private static func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }

  private static func error(at place: Int, _ message: String) -> RedisError {
    RedisError(.url, "at character \(place + 1): \(message)", execution: .notExecuted)
  }
}
