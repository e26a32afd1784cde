import RESP
import Testing

@Suite struct `Redis URLs` {
  @Test func `every part is read`() throws {
    let url = try RedisURL(
      "redis://al%69ce:s%40cret%2F@example.org:7000/3?client_name=shop&timeout_ms=250&connect_timeout_ms=900")
    #expect(url.endpoint == .tcp(host: "example.org", port: 7000))
    #expect(url.user == "alice" && url.password == "s@cret/" && url.database == 3)
    #expect(url.clientName == "shop" && url.timeoutMilliseconds == 250 && url.connectTimeoutMilliseconds == 900)
    #expect(!url.tls)
  }

  @Test(arguments: [
    ("redis://", "127.0.0.1:6379"), ("redis://host", "host:6379"), ("redis://:7000", "127.0.0.1:7000"),
    ("redis://host:7000/", "host:7000"), ("redis://[::1]", "[::1]:6379"),
    ("redis://[fe80::1]:7000/2", "[fe80::1]:7000"),
    ("rediss://host", "host:6379"), ("REDIS://host", "host:6379"), ("unix:///run/redis.sock", "/run/redis.sock"),
    ("unix://user:pass@/run/redis.sock?db=4", "/run/redis.sock"), ("redis://:p@ss@host", "host:6379"),
    ("unix:///run/my%20redis.sock", "/run/my redis.sock"),
  ])
  func `short forms have an address`(_ text: String, _ address: String) throws {
    #expect(try RedisURL(text).address == address)
  }

  @Test(arguments: [
    ("", 1, "empty"), ("localhost:6379", 1, "must begin"), ("http://host", 1, "must begin"),
    ("redis://host:port", 14, "the port"), ("redis://host:0", 14, "the port"), ("redis://host:70000", 14, "the port"),
    ("redis://host:", 14, "the port"), ("redis://host/x", 14, "the database"),
    ("redis://host/99999999999999999999", 14, "the database"),
    ("redis://a:b:c", 12, "second ':'"), ("redis://::1", 10, "second ':'"), ("redis://[::1", 9, "not closed"),
    ("redis://[::1]x", 14, "only a port"), ("redis://user@host", 9, "user:password"),
    ("redis://user:@host", 14, "without a password"),
    ("redis://:p%4@host", 11, "hexadecimal"), ("redis://:p%zz@host", 11, "hexadecimal"),
    ("redis://:a%00b@host", 11, "zero byte"),
    ("redis://:p/q@host", 13, "%2F"), ("redis://:p?q@host", 13, "%3F"), ("redis://:p#q@host", 11, "%23"),
    ("redis://ho st", 11, "space"), ("redis://host?x=1", 14, "unknown option"), ("redis://host?db", 14, "name=value"),
    ("redis://host?db=x", 17, "the database"), ("redis://host?timeout_ms=0", 25, "the timeout"),
    ("unix://host/run/redis.sock", 8, "no host"), ("unix://", 8, "path of the socket"),
    ("redis://:%ff@host", 10, "UTF-8"),
  ])
  func `a bad URL says what is wrong where`(_ text: String, _ place: Int, _ reason: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .url && error?.execution == .notExecuted)
    #expect(error!.message.hasPrefix("at character \(place): "), "\(error!.message)")
    #expect(error!.message.contains(reason), "\(error!.message)")
  }

  @Test func `no text shows a password`() throws {
    let canary = "Canary-7f3a"
    let good = try RedisURL("redis://user:\(canary)@host:7000/1")
    var texts = ["\(good)", String(describing: good), String(reflecting: good), good.address]
    var dumped = ""
    dump(good, to: &dumped)
    texts.append(dumped)
    let bad = [
      "redis://user:\(canary)", "redis://:\(canary)@host:port", "\(canary)", "redis://\(canary)@host",
      "redis://a:b:\(canary)",
      "redis://:\(canary)/x@host", "redis://:\(canary)?x@host", "redis://:\(canary)#x@host", "redis://:\(canary)%@host",
      "http://user:\(canary)@host", "redis://host/\(canary)", "redis://host?\(canary)=1", "redis://host?db=\(canary)",
      "redis://[\(canary)", "redis://:\(canary) x@host", "\(canary)://host", "unix://user:\(canary)@host/path",
    ]
    for text in bad {
      let error = #expect(throws: RedisError.self, "\(text.count)") { try RedisURL(text) }
      guard let error else { continue }
      var dumpedError = ""
      dump(error, to: &dumpedError)
      texts += ["\(error)", String(reflecting: error), error.message, dumpedError]
    }
    for text in texts { #expect(!text.contains(canary), "\(text)") }
  }
}
