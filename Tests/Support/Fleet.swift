import Hiredis
import RESP
import RedisPatternsTesting

/// A place of its own on the shared server, and the ways to it.
public struct TestSpace: Sendable {
  /// Every key of the test begins with it.
  public let namespace: String
  public let server: RedisServer
  public let redis: RedisClient

  /// The server that all tests share; each keeps to its own namespace.
  public static func shared(_ name: String = #fileID) async throws -> TestSpace {
    let server = try await RedisServer.shared()
    return TestSpace(
      namespace: "test-\(UInt64.random(in: 0 ... .max))", server: server, redis: try RedisClient(server.url))
  }

  /// The plain executor: proof that a pattern needs no more than `RedisExecutor`.
  public func plain() throws -> BlockingExecutor { try BlockingExecutor(socketPath: server.socketPath) }
}
