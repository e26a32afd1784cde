import Foundation
import RESP
import Synchronization

/// Records every command of a server by `MONITOR`. For private servers only: it slows a server down and sees all data.
public final class CommandMonitor: Sendable {
  private let socket: MonitorSocket
  private let recorded: Mutex<[RecordedCommand]>

  /// Returns when the server records.
  /// - Parameter socketPath: the server's unix socket.
  /// - Throws: `RedisError(.connect)`.
  public init(socketPath: String) throws(RedisError) {
    socket = try MonitorSocket(path: socketPath)
    recorded = Mutex([])
    let thread = Thread { [socket, weak self] in
      var rest: [UInt8] = []
      while let chunk = socket.read(), let self {
        rest += chunk
        var start = 0
        while let end = rest[start...].firstIndex(of: 10) {
          if let command = RecordedCommand(monitorLine: Array(rest[start..<end])) {
            self.recorded.withLock { $0.append(command) }
          }
          start = end + 1
        }
        rest.removeSubrange(..<start)
      }
      socket.end()
    }
    thread.start()
  }

  deinit { socket.interrupt() }

  /// Ends the recording; what was recorded stays.
  public func stop() { socket.interrupt() }

  /// Everything that the server ran since the last call and before now, without the marks by which this is known.
  /// - Parameter executor: a connection to the same server.
  public func drain(through executor: some RedisExecutor) async throws(RedisError) -> [RecordedCommand] {
    let mark = Array("monitor-mark-\(UInt64.random(in: 0 ... .max))".utf8)
    _ = try await executor.execute(RESPCommand("ECHO", mark))
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let seen: [RecordedCommand]? = recorded.withLock { commands in
        guard let end = commands.firstIndex(where: { $0.arguments.last == mark }) else { return nil }
        let before = Array(commands[..<end])
        commands.removeSubrange(...end)
        return before
      }
      if let seen { return seen }
      do { try await Task.sleep(for: .milliseconds(1)) } catch {
        throw RedisError(.cancelled, "the recording was cancelled", execution: .notExecuted)
      }
    }
    throw RedisError(.timeout, "MONITOR did not deliver the mark within 10 s", execution: .unknown)
  }
}

/// A blocking socket that watches a server. The reading thread closes it; anybody may interrupt it before.
private final class MonitorSocket: Sendable {
  private let descriptor: Int32
  private let open = Mutex(true)

  init(path: String) throws(RedisError) {
    #if canImport(Darwin)
      let stream = SOCK_STREAM
    #else
      let stream = Int32(SOCK_STREAM.rawValue)
    #endif
    descriptor = socket(AF_UNIX, stream, 0)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    guard bytes.count <= room else {
      close(descriptor)
      throw RedisError(.connect, "the socket path is longer than \(room) bytes", execution: .notExecuted)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // The server's +OK says that it records from now on.
    var answer = [UInt8](repeating: 0, count: 5)
    guard connected == 0, write(descriptor, "MONITOR\r\n", 9) == 9,
      recv(descriptor, &answer, 5, Int32(MSG_WAITALL)) == 5,
      answer.starts(with: Array("+OK".utf8))
    else {
      let reason =
        connected == 0 ? "it answered \(String(decoding: answer, as: UTF8.self))…" : String(cString: strerror(errno))
      close(descriptor)
      throw RedisError(.connect, "cannot watch the server: \(reason)", execution: .notExecuted, address: path)
    }
  }

  /// The next bytes; nil at the end.
  func read() -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    return count > 0 ? Array(chunk[..<count]) : nil
  }

  /// Wakes the reader for good.
  func interrupt() { open.withLock { if $0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } } }

  /// Closes it: from here on the number may belong to another file.
  func end() {
    open.withLock { isOpen in
      if isOpen { close(descriptor) }
      isOpen = false
    }
  }
}
