#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A port of 127.0.0.1 that nobody listens on at the moment.
enum FreePort {
  static func find() throws(RedisServerError) -> Int {
    while true {
      let port = try probe()
      if port != 6379 { return port }
    }
  }

  private static func probe() throws(RedisServerError) -> Int {
    let descriptor = LoopbackSocket.make(AF_INET)
    guard descriptor >= 0 else { throw .system("socket: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    guard LoopbackSocket.bind(descriptor, port: 0), let port = LoopbackSocket.port(of: descriptor) else {
      throw .system("no free port: \(String(cString: strerror(errno)))")
    }
    return port
  }
}
