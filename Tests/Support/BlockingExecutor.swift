import Foundation
import RESP
import Synchronization

/// The smallest client that the patterns can sit on: a unix socket, RESP2, one command after another on its own thread.
///
/// It shares no code with the real client and has neither subscriptions nor cancellation: what works here needs only
/// `RedisExecutor`. Its thread waits, never a thread of the cooperative pool.
public final class BlockingExecutor: RedisExecutor {
  private typealias Job = @Sendable (BlockingSocket) -> Void

  private let jobs = Mutex<[Job]>([])
  private let signal = DispatchSemaphore(value: 0)

  /// - Throws: `RedisError(.connect)`.
  public init(socketPath: String) throws(RedisError) {
    let socket = try BlockingSocket(path: socketPath)
    let thread = Thread { [signal, weak self] in
      while true {
        signal.wait()
        // One signal a job, and one more at the end.
        guard let job = self?.next() else { break }
        job(socket)
      }
    }
    thread.start()
  }

  deinit { signal.signal() }

  private func next() -> Job? {
    jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  public func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    try await pipeline([command])[0].get()
  }

  public func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    await withCheckedContinuation { continuation in
      jobs.withLock { $0.append { socket in continuation.resume(returning: socket.exchange(commands)) } }
      signal.signal()
    }
  }

  /// Many calls in one round trip, in order: what random tests of many steps need.
  public func runAll(_ calls: [ScriptCall]) async throws(RedisError) -> [RESPValue] {
    let scripts = Dictionary(calls.map { ($0.script.name, $0.script) }) { first, _ in first }
    for script in scripts.values { _ = try await execute(RESPCommand("SCRIPT", "LOAD", script.source)) }
    var replies: [RESPValue] = []
    for result in await pipeline(calls.map(\.evalsha)) { replies.append(try result.get()) }
    return replies
  }
}

/// Used by one thread, the executor's.
private final class BlockingSocket: @unchecked Sendable {
  // Unchecked: only the executor's thread touches it, and drops it last; `init` ends before that thread starts.
  private let descriptor: Int32
  private let path: String
  private var chunk = [UInt8](repeating: 0, count: 65_536)
  private var buffer: [UInt8] = []
  private var at = 0
  private var broken = false

  init(path: String) throws(RedisError) {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw RedisError(.connect, reason, execution: .notExecuted, address: path)
    }
  }

  deinit { close(descriptor) }

  func exchange(_ commands: [RESPCommand]) -> [Result<RESPValue, RedisError>] {
    var request: [UInt8] = []
    for command in commands { request.append(contentsOf: command.encoded) }
    var sent = 0
    while sent < request.count, !broken {
      let count = request[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 { sent += count } else { broken = true }
    }
    return commands.map { command in
      guard let reply = broken ? nil : value() else {
        broken = true
        return .failure(
          RedisError(.connectionLost, "the connection ended", execution: .unknown, command: command.name, address: path)
        )
      }
      if case .error(let text) = reply {
        return .failure(RedisError(serverError: text, command: command.name, address: path))
      }
      return .success(reply)
    }
  }

  private func value() -> RESPValue? {
    guard let line = line(), let kind = line.first else { return nil }
    let text = String(decoding: line.dropFirst(), as: UTF8.self)
    switch kind {
    case UInt8(ascii: "+"): return .simple(text)
    case UInt8(ascii: "-"): return .error(text)
    case UInt8(ascii: ":"): return Int64(text).map { .integer($0) }
    case UInt8(ascii: "$"):
      guard let size = Int(text) else { return nil }
      if size < 0 { return .null }
      while buffer.count - at < size + 2 { guard fill() else { return nil } }
      defer { at += size + 2 }
      return .bulk(Array(buffer[at..<at + size]))
    case UInt8(ascii: "*"):
      guard let count = Int(text) else { return nil }
      if count < 0 { return .null }
      var values: [RESPValue] = []
      for _ in 0..<count {
        guard let value = value() else { return nil }
        values.append(value)
      }
      return .array(values)
    default: return nil
    }
  }

  private func line() -> [UInt8]? {
    while true {
      // memchr and not firstIndex: random tests read a million lines without optimisation.
      let end = buffer.withUnsafeBytes { bytes -> Int? in
        guard at < bytes.count, let start = bytes.baseAddress else { return nil }
        return memchr(start + at, 13, bytes.count - at).map { UnsafeRawPointer($0) - start }
      }
      if let end, end + 1 < buffer.count {
        defer { at = end + 2 }
        return Array(buffer[at..<end])
      }
      guard fill() else { return nil }
    }
  }

  private func fill() -> Bool {
    if at > 0 {
      buffer.removeFirst(at)
      at = 0
    }
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return false }
    chunk.withUnsafeBufferPointer { buffer.append(contentsOf: UnsafeBufferPointer(rebasing: $0[..<count])) }
    return true
  }
}
