import Foundation
import ParitySupport
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

/// A doctor who could not look says so: 3, a typed cause, and a document in which nothing is known. In both languages.
@Suite struct `A doctor who could not look` {
  private static func expect(
    _ code: String, at url: String, secret: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let python = PythonProcessLanguage.interpreter(root: try ProjectRoot.find())
    let words = (python.path == "/usr/bin/env" ? ["python3"] : []) + ["-m", "redis_patterns"]
    var environment: [String: String?] = ["REDIS_URL": url]
    environment["PYTHONPATH"] = python.environment["PYTHONPATH"]
    let swift = try await Program.run(Program.redisPatterns(), ["doctor", "--json"], environment: environment)
    let other = try await Program.run(python.path, words + ["doctor", "--json"], environment: environment)
    for result in [swift, other] {
      #expect(result.status == 3, "\(result.stdout) \(result.stderr)", sourceLocation: sourceLocation)
      #expect(result.stderr.contains("doctor: \(code)"), "\(result.stderr)", sourceLocation: sourceLocation)
      let document = try? JSONValue(parsing: Data(result.stdout.utf8))
      #expect(document?["error"]?["code"]?.string == code, "\(result.stdout)", sourceLocation: sourceLocation)
      #expect(document?["verdict"] == "unknown", sourceLocation: sourceLocation)
      if let secret { #expect(!(result.stdout + result.stderr).contains(secret), sourceLocation: sourceLocation) }
    }
    #expect(swift.stdout == other.stdout, sourceLocation: sourceLocation)
    let plain = try await Program.run(Program.redisPatterns(), ["doctor"], environment: environment)
    #expect(plain.status == 3 && plain.stdout.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func `a database that is not there`() async throws {
    try await withServer { server, _ in try await Self.expect("SERVER", at: "\(server.url)?db=99") }
  }

  @Test func `a password that lacks, or is wrong`() async throws {
    let server = try await RedisServer.start(arguments: ["--requirepass", "hunter2"])
    defer { server.close() }
    try await Self.expect("AUTH", at: server.url, secret: "hunter2")
    try await Self.expect("AUTH", at: "unix://:hunter3@\(server.socketPath)", secret: "hunter3")
  }

  @Test func `a user who may do nothing`() async throws {
    try await withServer { server, redis in
      _ = try await redis.execute(RESPCommand("ACL", "SETUSER", "blind", "on", ">hunter2", "~*", "-@all"))
      try await Self.expect("NOPERM", at: "unix://blind:hunter2@\(server.socketPath)", secret: "hunter2")
      try await Self.expect("NOPERM", at: "unix://blind:hunter2@\(server.socketPath)?db=1", secret: "hunter2")
    }
  }

  @Test func `nobody there`() async throws {
    try await Self.expect("CONNECT", at: "redis://:hunter2@127.0.0.1:1", secret: "hunter2")
    try await Self.expect("CONNECT", at: "unix:///nowhere/redis.sock")
  }

  @Test(arguments: [
    ("loading", "LOADING"), ("dies", "CONNECTIONLOST"), ("late", "CONNECTIONLOST"), ("http", "PROTOCOL"),
  ])
  func `a server that will not`(manner: String, code: String) async throws {
    let fake = try await FakeServer(manner)
    defer { fake.close() }
    try await Self.expect(code, at: fake.url)
  }
}
