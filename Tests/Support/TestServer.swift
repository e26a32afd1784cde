import RESP
import RedisPatternsTesting
import Testing

/// A private server for one test, with the plain executor on it; it ends with the test.
///
/// At the end no key of ours may be left without an end of its own (a server that was killed has none).
public func withServer<Value>(
  arguments: [String] = [], _ body: (RedisServer, BlockingExecutor) async throws -> Value
) async throws -> Value {
  let server = try await RedisServer.start(arguments: arguments)
  defer { server.close() }
  let redis = try BlockingExecutor(socketPath: server.socketPath)
  let value = try await body(server, redis)
  if server.pid != nil, let left = try? await KeyLifetimes().offenders(on: redis, virtual: true) {
    let immortal = left.filter { $0.hasSuffix("never expires") }
    #expect(immortal.isEmpty)
  }
  return value
}

/// Asks again until it holds; never a fixed sleep.
public func eventually(
  within limit: Duration = .seconds(30), _ what: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else {
      Issue.record(what ?? "the condition did not come true within \(limit)", sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

/// Whether the server that the tests run is of 7.0 or newer: 6.2 does not know all that a test may want to set.
public func isRedis7() async throws -> Bool {
  let server = try await RedisServer.start()
  defer { server.close() }
  let info = try await BlockingExecutor(socketPath: server.socketPath).execute(RESPCommand("INFO", "server"))
  let version = info.string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
  return version?.hasPrefix("redis_version:6.") == false
}
