import Hiredis
import RESP
import RedisPatternsTesting

/// Three independent servers for an example, old enough to vote.
final class ExampleNodes: Sendable {
  private let servers: [RedisServer]

  private init(_ servers: [RedisServer]) { self.servers = servers }

  deinit { close() }

  static func start() async throws -> ExampleNodes {
    var servers: [RedisServer] = []
    for _ in 0..<3 { servers.append(try await RedisServer.start()) }
    return ExampleNodes(servers)
  }

  var urls: [String] { servers.map(\.url) }

  /// Returns when each has been up for five seconds: the example's longest lease is three, and uptimes count whole ones.
  func grow() async throws {
    for url in urls {
      let client = try RedisClient(url)
      defer { client.close() }
      while try await uptime(client) < 5 { try await Task.sleep(for: .milliseconds(100)) }
    }
  }

  private func uptime(_ client: RedisClient) async throws -> Int {
    let said = try await client.send("INFO", "server").string ?? ""
    let line = said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("uptime_in_seconds:") }
    return line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) } ?? 0
  }

  func close() { for server in servers { server.close() } }
}
