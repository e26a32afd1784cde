#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The few socket calls that servers, probes and proxies of the tests share.
enum LoopbackSocket {
  /// A stream socket that no child inherits.
  static func make(_ family: Int32) -> Int32 {
    #if canImport(Darwin)
      let descriptor = socket(family, SOCK_STREAM, 0)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, 4)
      return descriptor
    #else
      return socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #endif
  }

  /// Two connected sockets that no child inherits.
  static func pair() throws(RedisServerError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Darwin)
      let made = socketpair(AF_UNIX, SOCK_STREAM, 0, &ends)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #else
      let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
    #endif
    guard made == 0 else { throw .system("socketpair: \(String(cString: strerror(errno)))") }
    return (ends[0], ends[1])
  }

  /// Sends; a peer that is gone is no signal but -1.
  static func send(_ descriptor: Int32, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    #if canImport(Darwin)
      Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
    #else
      Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    #endif
  }

  static func send(_ descriptor: Int32, _ text: inout String) -> Int {
    text.withUTF8 { send(descriptor, $0) }
  }

  static func bind(_ descriptor: Int32, port: Int) -> Bool {
    withAddress(port: port) { address, length in
      #if canImport(Darwin)
        Darwin.bind(descriptor, address, length) == 0
      #else
        Glibc.bind(descriptor, address, length) == 0
      #endif
    }
  }

  static func connect(_ descriptor: Int32, port: Int) -> Bool {
    withAddress(port: port) { address, length in
      #if canImport(Darwin)
        Darwin.connect(descriptor, address, length) == 0
      #else
        Glibc.connect(descriptor, address, length) == 0
      #endif
    }
  }

  static func connect(_ descriptor: Int32, path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        #if canImport(Darwin)
          Darwin.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        #else
          Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        #endif
      }
    }
  }

  /// The local port of a bound socket.
  static func port(of descriptor: Int32) -> Int? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return status == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }

  private static func withAddress<R>(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
