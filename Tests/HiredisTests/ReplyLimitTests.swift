import CRedisSupport
import RESP
import Testing

@testable import Hiredis

#if canImport(Glibc)
  import Glibc
#endif

/// The reply path alone: bytes in by a socket pair, what comes out, and what it costs.
@Suite struct `Limits of a reply` {
  private enum Outcome: Equatable {
    case value(RESPValue)
    case partial
    case refused(String)
    case malformed
  }

  private func parse(_ bytes: [UInt8], bytes limit: Int = 128 << 20, elements: Int = 1 << 20) -> Outcome {
    var ends: [Int32] = [-1, -1]
    socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    var size: Int32 = 4 << 20
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, 4)
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    defer { close(ends[0]) }
    let builder = UnsafeMutablePointer<ReplyBuilder>.allocate(capacity: 1)
    builder.initialize(to: ReplyBuilder(.init(bytes: limit, elements: elements)))
    let sink = UnsafeMutablePointer<rps_sink_t>.allocate(capacity: 1)
    sink.initialize(to: ReplyBuilder.sink(builder))
    let transport = rps_transport_open(ends[1], sink)!
    defer {
      rps_transport_close(transport)
      sink.deallocate()
      builder.deinitialize(count: 1)
      builder.deallocate()
    }
    var rest = bytes[...]
    while true {
      let sent = rest.withUnsafeBytes {
        send(ends[0], $0.baseAddress, min($0.count, 65_536), Int32(MSG_DONTWAIT))
      }
      if sent > 0 { rest = rest.dropFirst(sent) }
      let got = rps_transport_receive(transport)
      switch Int(rps_transport_parse(transport, builder.pointee.room)) {
      case RPS_REPLY_COMPLETE: return .value(builder.pointee.take())
      case RPS_REPLY_PARTIAL: if got == 0, rest.isEmpty { return .partial }
      case RPS_REPLY_REFUSED: return .refused(builder.pointee.refusal ?? "announced")
      default: return .malformed
      }
    }
  }

  private func parse(_ text: String, bytes: Int = 128 << 20, elements: Int = 1 << 20) -> Outcome {
    parse(Array(text.utf8), bytes: bytes, elements: elements)
  }

  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test(arguments: ["*2147483647\r\n", "$2147483647\r\n", "*2147483647\r\n*2147483647\r\n", "*1048577\r\n"])
  func `thirteen hostile bytes cost less than ten milliseconds`(_ header: String) {
    let before = processorTime()
    let outcome = parse(header)
    let took = processorTime() - before
    if case .refused = outcome {} else { Issue.record("\(outcome)") }
    #expect(took < 0.010, "\(took) s of processor time")
  }

  @Test func `arrays nest as deep as the reader can, and one level more is an error`() {
    let deepest = Int(rps_deepest_reply())
    func nested(_ levels: Int) -> String { String(repeating: "*1\r\n", count: levels) + ":7\r\n" }
    var expected = RESPValue.integer(7)
    for _ in 0..<deepest { expected = .array([expected]) }
    #expect(parse(nested(deepest)) == .value(expected))
    let outcome = parse(nested(deepest + 1))
    if case .value = outcome { Issue.record("\(outcome)") }
    #expect(outcome != .partial)
  }

  @Test func `announced sizes inside arrays count together`() {
    #expect(
      parse("*2\r\n$5\r\nhello\r\n$5\r\nworld\r\n", bytes: 10)
        == .value(.array([.bulk(Array("hello".utf8)), .bulk(Array("world".utf8))])))
    if case .refused = parse("*2\r\n$5\r\nhello\r\n$6\r\n", bytes: 10) {} else { Issue.record("not refused") }
    if case .refused = parse("*3\r\n*2\r\n:1\r\n:2\r\n:3\r\n:4\r\n", elements: 5) {
    } else {
      Issue.record("not refused")
    }
    #expect(parse("*3\r\n:1\r\n:2\r\n:3\r\n", elements: 4) == .value(.array([.integer(1), .integer(2), .integer(3)])))
  }

  @Test(arguments: ["", "+", "$", "*", "+OK\r", "$5\r\nhel", "*2\r\n:1\r\n", "$-", "*1\r\n$-1", ":12"])
  func `half a reply is waited for`(_ text: String) {
    #expect(parse(text) == .partial)
  }

  @Test(arguments: [
    "hello\r\n", "?\r\n", "$abc\r\n", "$\(String(repeating: "1", count: 40))", "*\(String(repeating: "1", count: 40))",
  ])
  func `no reply is malformed or refused, never waited for`(_ text: String) {
    let outcome = parse(text)
    #expect(outcome != .partial)
    if case .value = outcome { Issue.record("\(outcome)") }
  }

  @Test func `random bytes never crash and never take long`() {
    var chance = SystemRandomNumberGenerator()
    let before = processorTime()
    for _ in 0..<2000 {
      var bytes = (0..<Int.random(in: 1...200)).map { _ in UInt8.random(in: 0...255, using: &chance) }
      for _ in 0..<Int.random(in: 0...6) {
        bytes.insert(
          contentsOf: Array(["*2\r\n", "$3\r\n", ":1\r\n", "*-1\r\n", "\r\n", "+"].randomElement()!.utf8), at: 0)
      }
      _ = parse(bytes)
    }
    #expect(processorTime() - before < 5)
  }
}
