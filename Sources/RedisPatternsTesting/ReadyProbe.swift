#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Asks a server by its socket file whether it takes commands.
enum ReadyProbe {
  /// True for any answer but none: one that wants a password, or is still loading, is there.
  static func answers(_ path: String) -> Bool {
    let descriptor = LoopbackSocket.make(AF_UNIX)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard LoopbackSocket.connect(descriptor, path: path) else { return false }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var ping = "PING\r\n"
    guard LoopbackSocket.send(descriptor, &ping) == 6 else { return false }
    var first: UInt8 = 0
    return read(descriptor, &first, 1) == 1
  }
}
