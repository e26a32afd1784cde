#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension RedisServer {
  /// One server for the whole test process, started by the first caller. Tests keep apart by namespaces.
  ///
  /// It goes down when the process exits.
  public static func shared() async throws(RedisServerError) -> RedisServer {
    try await SharedServer.instance.get().get()
  }
}

private actor SharedServer {
  static let instance = SharedServer()
  private var starting: Task<Result<RedisServer, RedisServerError>, Never>?

  func get() async -> Result<RedisServer, RedisServerError> {
    if let starting { return await starting.value }
    let task = Task { () -> Result<RedisServer, RedisServerError> in
      do throws(RedisServerError) {
        let server = try await RedisServer.start()
        closeAtExit(server)
        return .success(server)
      } catch {
        return .failure(error)
      }
    }
    starting = task
    return await task.value
  }
}

/// `atexit` takes no context, so the server is found through a global.
private func closeAtExit(_ server: RedisServer) {
  Exit.server = server
  atexit { Exit.server?.close() }
}

private enum Exit {
  // Written once before `atexit` is called, read once by the handler after it: the calls order the two.
  nonisolated(unsafe) static var server: RedisServer?
}
