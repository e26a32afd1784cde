import RESP
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A private redis-server for tests: empty, without persistence, in a folder of its own.
///
/// It ends with `close()`, with the last reference, and with our process, even when that is killed.
///
/// ```swift
/// let server = try await RedisServer.start()
/// let redis = try RedisClient(server.url)
/// ```
public final class RedisServer: Sendable {
  /// Where it listens.
  public enum Endpoint: Sendable, Hashable {
    /// A socket file in its own folder.
    case unixSocket
    /// A free port on 127.0.0.1 (never 6379); the socket file is there too.
    case tcp
  }

  struct State {
    var process: ChildProcess?
    var closed = false
  }

  /// `redis://127.0.0.1:<port>` or `unix:///…/redis.sock`, by its endpoint.
  public let url: String
  /// The port, or nil when it listens on the socket file only.
  public let port: Int?
  /// The socket file; it exists for both endpoints.
  public let socketPath: String
  /// Its folder: configuration, log, working directory.
  public let folder: String

  private let executable: String
  private let arguments: [String]
  private let watchdog: ServerGuard
  private let state: Mutex<State>

  /// Starts a server and returns when it answers.
  /// - Parameters:
  ///   - endpoint: where it listens.
  ///   - arguments: more of redis-server's arguments, such as `["--requirepass", "secret"]`.
  ///   - timeout: how long to wait for its first answer.
  public static func start(
    _ endpoint: Endpoint = .unixSocket, arguments: [String] = [], timeout: Duration = .seconds(10)
  ) async throws(RedisServerError) -> RedisServer {
    var attempt = 0
    while true {
      let server = try RedisServer(endpoint, arguments)
      do throws(RedisServerError) {
        try await server.waitUntilReady(timeout)
        return server
      } catch {
        server.close()
        attempt += 1
        // Another program took the free port between our look and its bind.
        guard case .notReady(_, let log) = error, log.contains("Address already in use"), attempt < 5 else {
          throw error
        }
      }
    }
  }

  private init(_ endpoint: Endpoint, _ more: [String]) throws(RedisServerError) {
    executable = try Executable.find()
    folder = try Self.makeFolder()
    socketPath = folder + "/redis.sock"
    port = endpoint == .tcp ? try FreePort.find() : nil
    url = port.map { "redis://127.0.0.1:\($0)" } ?? "unix://\(socketPath)"
    arguments =
      [
        "--port", "\(port ?? 0)", "--bind", "127.0.0.1", "--unixsocket", socketPath, "--unixsocketperm",
        "700",
        "--dir", folder, "--save", "", "--appendonly", "no", "--daemonize", "no",
      ] + more
    do throws(RedisServerError) {
      watchdog = try ServerGuard(folder: folder)
    } catch {
      rmdir(folder)
      throw error
    }
    state = Mutex(State())
    try launch()
  }

  deinit { close() }

  /// The process id of the running server, or nil after `kill()` and `close()`.
  public var pid: Int32? { state.withLock { $0.process?.pid } }

  /// Ends it at once, as a power cut would (SIGKILL). `restart()` brings it back, empty.
  public func kill() {
    state.withLock { state in
      guard let process = state.process else { return }
      process.signal(SIGKILL)
      process.reap()
      watchdog.watch(nil)
      state.process = nil
    }
  }

  /// Starts it again at the same place, and returns when it answers. A running one is killed first.
  public func restart(timeout: Duration = .seconds(10)) async throws(RedisServerError) {
    kill()
    unlink(socketPath)
    try launch()
    try await waitUntilReady(timeout)
  }

  /// Stops it in its tracks (SIGSTOP): sockets stay open, nothing answers.
  public func pause() { state.withLock { $0.process?.signal(SIGSTOP) } }

  /// Lets it go on (SIGCONT).
  public func resume() { state.withLock { $0.process?.signal(SIGCONT) } }

  /// Ends it and removes its folder. Further calls do nothing.
  public func close() {
    kill()
    let first = state.withLock { state in
      defer { state.closed = true }
      return !state.closed
    }
    if first { watchdog.finish() }
  }

  /// The end of its log.
  public var log: String { Self.tail(folder + "/redis.log") }

  /// For the test of the guard: leaves the server as a dying process would.
  func abandon() { watchdog.abandon() }

  /// Whether the process has ended without our doing.
  func hasEnded() -> Bool {
    state.withLock { state in
      guard let process = state.process else { return true }
      guard process.hasEnded() else { return false }
      watchdog.watch(nil)
      state.process = nil
      return true
    }
  }

  private func launch() throws(RedisServerError) {
    let launched = state.withLock { state -> Result<Void, RedisServerError> in
      if state.closed { return .failure(.system("it was closed")) }
      do throws(RedisServerError) {
        let process = try ChildProcess(executable, arguments, log: folder + "/redis.log")
        watchdog.watch(process.pid)
        state.process = process
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try launched.get()
  }

  private func waitUntilReady(_ timeout: Duration) async throws(RedisServerError) {
    let deadline = ContinuousClock.now + timeout
    while true {
      if hasEnded() { throw .notReady(reason: "the process ended", log: log) }
      if ReadyProbe.answers(socketPath) { return }
      if ContinuousClock.now > deadline { throw .notReady(reason: "no answer in \(timeout)", log: log) }
      try? await Task.sleep(for: .milliseconds(3))
    }
  }

  private static func makeFolder() throws(RedisServerError) -> String {
    var base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    while base.count > 1, base.hasSuffix("/") { base.removeLast() }
    // A socket's path has about a hundred bytes; a deep TMPDIR would not fit.
    if base.utf8.count > 60 { base = "/tmp" }
    var template = Array("\(base)/redis-patterns-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system("\(base): \(String(cString: strerror(errno)))") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func tail(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { closeDescriptor(file) }
    let size = lseek(file, 0, SEEK_END)
    lseek(file, max(0, size - 2000), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 2000)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
