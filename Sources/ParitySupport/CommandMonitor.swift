import Foundation
import RESP
import Synchronization

/// One command as the server saw it.
public struct RecordedCommand: Sendable, Hashable {
  public let database: Int
  /// Called by a script, not by a client.
  public let inScript: Bool
  public let arguments: [[UInt8]]

  public var verb: String { String(decoding: arguments.first ?? [], as: UTF8.self).uppercased() }

  /// As a person would type it; bytes that are not printable stand as `\xHH`.
  public var text: String { arguments.map(Self.readable).joined(separator: " ") }

  private static func readable(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "\"\"" }
    return bytes.map { byte in
      byte > 32 && byte < 127
        ? String(UnicodeScalar(byte)) : byte == 32 ? "\\x20" : "\\x" + String(format: "%02x", byte)
    }.joined()
  }
}

/// Records every command of a server by `MONITOR`. For private servers only: it slows a server down and sees all data.
public final class CommandMonitor: Sendable {
  private struct State {
    var commands: [RecordedCommand] = []
    var failure: String?
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  /// - Parameter socketPath: the server's unix socket.
  /// - Throws: `RedisError(.connect)`.
  public init(socketPath: String) throws(RedisError) {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socketPath.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < room else {
      throw RedisError(.connect, "the socket path is longer than \(room - 1) bytes", execution: .notExecuted)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0, write(descriptor, "MONITOR\r\n", 9) == 9 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw RedisError(.connect, "cannot watch the server: \(reason)", execution: .notExecuted, address: socketPath)
    }
    let thread = Thread { [descriptor, weak self] in
      var rest: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(descriptor, &chunk, chunk.count)
        guard count > 0, let self else { break }
        rest += chunk[..<count]
        while let end = rest.firstIndex(of: 10) {
          let line = Array(rest[..<end])
          rest.removeSubrange(...end)
          if let command = Self.parse(line) { self.state.withLock { $0.commands.append(command) } }
        }
      }
    }
    thread.start()
  }

  deinit { stop() }

  /// Ends the recording; what was recorded stays.
  public func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Everything that the server ran since the last call and before now, without the marks by which this is known.
  /// - Parameter executor: a connection to the same server.
  public func drain(through executor: some RedisExecutor) async throws(RedisError) -> [RecordedCommand] {
    let mark = Array("monitor-mark-\(UInt64.random(in: 0 ... .max))".utf8)
    _ = try await executor.execute(RESPCommand("ECHO", mark))
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let seen: [RecordedCommand]? = state.withLock { state in
        guard let end = state.commands.firstIndex(where: { $0.arguments.last == mark }) else { return nil }
        let before = Array(state.commands[..<end])
        state.commands.removeSubrange(...end)
        return before
      }
      if let seen { return seen.filter { !($0.verb == "ECHO") } }
      try? await Task.sleep(for: .milliseconds(1))
    }
    throw RedisError(.timeout, "MONITOR did not deliver the mark within 10 s", execution: .unknown)
  }

  /// `+1700000000.123456 [0 unix:/x.sock] "SET" "k" "a\x00\"b"`
  static func parse(_ line: [UInt8]) -> RecordedCommand? {
    guard let open = line.firstIndex(of: UInt8(ascii: "[")), let shut = line.firstIndex(of: UInt8(ascii: "]"))
    else { return nil }
    let origin = String(decoding: line[(open + 1)..<shut], as: UTF8.self).split(separator: " ", maxSplits: 1)
    var arguments: [[UInt8]] = []
    var at = shut + 1
    while at < line.count {
      guard line[at] == UInt8(ascii: "\"") else {
        at += 1
        continue
      }
      at += 1
      var argument: [UInt8] = []
      while at < line.count, line[at] != UInt8(ascii: "\"") {
        if line[at] == UInt8(ascii: "\\"), at + 1 < line.count {
          at += 1
          switch line[at] {
          case UInt8(ascii: "n"): argument.append(10)
          case UInt8(ascii: "r"): argument.append(13)
          case UInt8(ascii: "t"): argument.append(9)
          case UInt8(ascii: "a"): argument.append(7)
          case UInt8(ascii: "b"): argument.append(8)
          case UInt8(ascii: "x") where at + 2 < line.count:
            argument.append(UInt8(String(decoding: line[(at + 1)...(at + 2)], as: UTF8.self), radix: 16) ?? 63)
            at += 2
          default: argument.append(line[at])
          }
        } else {
          argument.append(line[at])
        }
        at += 1
      }
      at += 1
      arguments.append(argument)
    }
    guard let database = origin.first.flatMap({ Int($0) }), !arguments.isEmpty else { return nil }
    return RecordedCommand(database: database, inScript: origin.last == "lua", arguments: arguments)
  }
}
