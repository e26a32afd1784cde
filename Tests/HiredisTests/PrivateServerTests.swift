import Foundation
import Hiredis
import RESP
@testable import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `A private server` {
  @Test(arguments: [RedisServer.Endpoint.unixSocket, .tcp])
  func `answers at its URL`(_ endpoint: RedisServer.Endpoint) async throws {
    let server = try await RedisServer.start(endpoint)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    #expect(try await redis.send("SET", "k", "v") == .simple("OK"))
    #expect(try await redis.send("GET", "k") == .bulk(Array("v".utf8)))
    #expect(try await redis.send("GET", "none") == .null)
  }

  @Test func `comes back empty after a kill`() async throws {
    let server = try await RedisServer.start(.tcp)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("SET", "k", "v")
    try await server.restart()
    #expect(try await redis.send("GET", "k") == .null)
  }

  @Test func `leaves no process and no folder`() async throws {
    let server = try await RedisServer.start()
    let (pid, folder) = (try #require(server.pid), server.folder)
    #expect(FileManager.default.fileExists(atPath: folder))
    server.close()
    #expect(kill(pid, 0) == -1)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func `goes down with a process that is killed`() async throws {
    // The guard sees our end of its stream close, as it would if we were killed.
    let server = try await RedisServer.start()
    server.abandon()
    try await eventually { server.hasEnded() }
    try await eventually { !FileManager.default.fileExists(atPath: server.folder) }
    server.close()
  }

  @Test(.enabled(if: ChildProcess.closesFiles, "glibc 2.34 or newer"))
  func `holds no file of the process that started it`() async throws {
    // Foundation tells the end of a child by such a pair: a server that held an end would let the child seem to run.
    var pair: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { close(pair[0]) }
    let server = try await RedisServer.start()
    defer { server.close() }
    close(pair[1])
    var state = pollfd(fd: pair[0], events: Int16(POLLIN), revents: 0)
    try await eventually { poll(&state, 1, 0) == 1 }
  }

  @Test func `is missed with a hint how to install it`() throws {
    let text = RedisServerError.notInstalled(searched: ["PATH"]).description
    #expect(text.contains("apt-get install -y redis-server"))
    #expect(text.contains("REDIS_PATTERNS_REDIS_SERVER"))
  }
}
