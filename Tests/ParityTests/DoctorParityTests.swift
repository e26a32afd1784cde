import Foundation
import Hiredis
import ParitySupport
import PythonBridge
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.serialized) struct `The doctor in both languages` {
  struct State: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let commands: [[String]]

    init(_ name: String, _ commands: [String]) {
      testDescription = name
      self.commands = commands.map { $0.split(separator: " ").map(String.init) }
    }
  }

  static let states = [
    State("an empty server", []),
    State(
      "naive locks, limits and sessions",
      [
        "SET lock:orders 1 EX 60", "SET lock:mails 0123456789abcdef", "SET ratelimit:7 3", "INCR ratelimit:8",
        "HSET session:6f1c2a34-0b1d-4e5f-8a9b-0c1d2e3f4a5b user 1", "SET user:alice@example.com x EX 60",
        "SET token:eyJhbGciOi.eyJzdWIi.c2ln x EX 60",
      ]),
    State(
      "streams that nobody reads or acknowledges",
      [
        "XADD events 1-1 a 1", "XADD orders:1 1-1 a 1", "XGROUP CREATE orders:1 work 0",
        "XREADGROUP GROUP work one COUNT 1 STREAMS orders:1 >",
        "XCLAIM orders:1 work one 0 1-1 IDLE 86400000 RETRYCOUNT 25",
      ]),
    State(
      "a policy that evicts, a slow log that is off",
      [
        "CONFIG SET maxmemory 100mb", "CONFIG SET maxmemory-policy allkeys-lru", "SET queue:jobs x EX 60",
        "SET cache:7 x EX 60", "CONFIG SET slowlog-log-slower-than -1", "CONFIG SET slowlog-max-len 10",
      ]),
    State(
      "bytes that are no text, and names of one word",
      ["SET \u{FF}\u{7F} x", "SET plain x", "SADD tags:1 a", "SET tags:2 a"]),
    State("a user who may do little", ["ACL SETUSER default -config -slowlog -client -script -memory"]),
    State("a user who may not look at keys", ["SET a:1 x", "ACL SETUSER default -type"]),
  ]

  @Test(arguments: states) func `Swift and Python give the same report in every provoked state`(state: State)
    async throws
  {
    _ = try await PythonLanguage(root: ProjectRoot.find())
    let server = try await RedisServer.start()
    defer { server.close() }
    let url = RedisURL(endpoint: .unixSocket(path: server.socketPath))
    let redis = try RedisClient(url)
    defer { redis.close() }
    for words in state.commands {
      var command = RESPCommand(words[0])
      for word in words.dropFirst() { command.append(word) }
      _ = try await redis.execute(command)
    }
    let swift = try await Doctor(on: redis).examine()
    let run = try await PythonInterpreter.run(
      module: "redis_patterns", arguments: ["doctor", "--json", "--url", "\(url)"], output: .capture)
    #expect(run.exitCode == swift.exitCode(), "\(run.stderr)")
    let ours = try JSONValue(parsing: Data(swift.jsonText.utf8)).withoutMoving
    let theirs = try JSONValue(parsing: Data(run.stdoutBytes)).withoutMoving
    #expect(ours == theirs, "Swift \(ours.text)\nPython \(theirs.text)")
    let text = try await PythonInterpreter.run(
      module: "redis_patterns", arguments: ["doctor", "--url", "\(url)"], output: .capture)
    #expect(Self.shape(swift.text) == Self.shape(text.stdout.trimmingCharacters(in: .newlines)))
    // The same bytes, but for numbers: names, order and blanks of the two writers are one.
    #expect(Self.shape(swift.jsonText) == Self.shape(run.stdout.trimmingCharacters(in: .newlines)))
  }

  @Test func `a report of another state differs`() async throws {
    try await withServer { _, redis in
      let empty = try JSONValue(parsing: Data(try await Doctor(on: redis).examine().jsonText.utf8)).withoutMoving
      _ = try await redis.execute(RESPCommand("SET", "lock:a", "1", "EX", 60))
      #expect(try JSONValue(parsing: Data(try await Doctor(on: redis).examine().jsonText.utf8)).withoutMoving != empty)
    }
  }

  private static func shape(_ text: String) -> String { text.replacing(/[0-9]+/, with: "0") }
}
