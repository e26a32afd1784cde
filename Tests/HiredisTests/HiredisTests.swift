import Hiredis
import RESP
import RedisPatternsTesting
import Testing

@Suite struct FirstCallTests {
  @Test(arguments: [RedisServer.Endpoint.unixSocket, .tcp])
  func `a private server answers`(_ endpoint: RedisServer.Endpoint) async throws {
    let server = try await RedisServer.start(endpoint)
    defer { server.close() }
    let redis = try RedisClient(server.url)
    #expect(try await redis.send("SET", "k", "v") == .simple("OK"))
    #expect(try await redis.send("GET", "k") == .bulk(Array("v".utf8)))
    #expect(try await redis.send("GET", "none") == .null)
    #expect(
      try await redis.send("EVAL", "return {1,{'a',false},3}", 0)
        == .array([.integer(1), .array([.bulk([97]), .null]), .integer(3)]))
    try await server.restart()
  }
}

@Suite struct PrivateServerTests {
  @Test func `it survives pause and kill, and comes back empty`() async throws {
    let server = try await RedisServer.start(.tcp)
    let redis = try RedisClient(server.url)
    _ = try await redis.send("SET", "k", "v")
    server.pause()
    server.resume()
    #expect(try await redis.send("GET", "k") == .bulk(Array("v".utf8)))
    try await server.restart()
    let again = try RedisClient(server.url)
    #expect(try await again.send("GET", "k") == .null)
    server.close()
  }
}
