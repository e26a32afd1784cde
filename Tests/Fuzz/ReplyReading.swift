import CRedisSupport
import Foundation
import RESP
import Synchronization

/// What the client's reply path made of a stream of bytes.
struct ReplyReading: Equatable {
  enum End { case open, malformed, refused }

  var values: [RESPValue]
  var end = End.open

  /// Limits that small inputs can reach.
  static let tight = ReplyBuilder.Limits(bytes: 64, elements: 12)
  /// Those of a client by default.
  static let usual = ReplyBuilder.Limits(bytes: 128 << 20, elements: 1 << 20)

  init(values: [RESPValue]) { self.values = values }

  /// Sends the bytes through a socket in pieces, and reads as `Channel` does: receive, then parse until nothing is whole.
  init(_ pieces: [UnsafeBufferPointer<UInt8>], _ limits: ReplyBuilder.Limits) {
    values = []
    let builder = UnsafeMutablePointer<ReplyBuilder>.allocate(capacity: 1)
    builder.initialize(to: ReplyBuilder(limits))
    var sink = ReplyBuilder.sink(builder)
    withUnsafeMutablePointer(to: &sink) { sink in
      guard let transport = rps_transport_open(Self.pipe.end(), sink) else { broken("no memory for a connection") }
      sending: for piece in pieces {
        var left = piece[...]
        repeat {
          left = left.dropFirst(Self.pipe.send(left))
          read(transport, builder)
          if end != .open { break sending }
        } while !left.isEmpty
      }
      while rps_transport_receive(transport) > 0 {}
      rps_transport_close(transport)
    }
    builder.deinitialize(count: 1)
    builder.deallocate()
  }

  private mutating func read(_ transport: OpaquePointer, _ builder: UnsafeMutablePointer<ReplyBuilder>) {
    while true {
      let received = rps_transport_receive(transport)
      if received <= 0 { return }
      parsing: while true {
        if builder.pointee.room < 0 { broken("more bytes were taken than the limit allows", builder.pointee.bytes) }
        switch Int(rps_transport_parse(transport, builder.pointee.room)) {
        case RPS_REPLY_COMPLETE: values.append(builder.pointee.take())
        case RPS_REPLY_PARTIAL: break parsing
        case RPS_REPLY_REFUSED: return end = .refused
        default:
          if String(cString: rps_transport_reason(transport)) == "no reason given" { broken("malformed, but why?") }
          return end = .malformed
        }
      }
      if received < 16_384 { return }
    }
  }

  private static let pipe = Pipe()

  /// A pair of sockets for all inputs; every connection gets a copy of its end.
  private struct Pipe {
    private let far: CInt
    private let near: CInt

    init() {
      var pair: [CInt] = [-1, -1]
      guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0 else { broken("no sockets", errno) }
      for socket in pair { _ = fcntl(socket, F_SETFL, O_NONBLOCK) }
      (far, near) = (pair[0], pair[1])
    }

    func end() -> CInt { dup(near) }

    /// How many of the bytes went.
    func send(_ bytes: UnsafeBufferPointer<UInt8>.SubSequence) -> Int {
      let bytes = UnsafeBufferPointer(rebasing: bytes)
      let sent = write(far, bytes.baseAddress, bytes.count)
      guard sent > 0 || bytes.isEmpty else { broken("the socket is full", errno) }
      return sent
    }
  }
}
