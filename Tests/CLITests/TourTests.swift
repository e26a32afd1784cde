import Foundation
import Hiredis
import ParitySupport
import PythonBridge
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

private let bridgeIsMissing: Comment? = PythonInterpreter.unavailableReason.map { "\($0)" }

@Suite(.serialized, .enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing), .timeLimit(.minutes(5)))
struct `The tour` {
  @Test func `shows every pattern, ends with PASS and leaves nothing behind`() async throws {
    let run = try CommandLineRun()
    let start = ContinuousClock.now
    let result = try await run.run("tour")
    print("the tour took \(ContinuousClock.now - start)")
    #expect(result.status == 0, "\(result.stderr)")
    #expect(result.stderr.isEmpty, "no progress where there is no terminal")
    for pattern in try Tour.patterns(root: ProjectRoot.find()) { #expect(result.stdout.contains("\n\(pattern)\n")) }
    #expect(result.stdout.split(separator: "\n").last?.hasPrefix("PASS  ") == true)
    let wide = result.lines.filter { $0.count > 80 }
    #expect(wide.isEmpty, "\(wide)")
    #expect(run.leftovers.isEmpty, "\(run.leftovers)")
  }

  @Test func `prints one JSON document and nothing else`() async throws {
    let run = try CommandLineRun()
    let result = try await run.run("tour", "--json", "--pattern", "locks", "--pattern", "caching", "--wire")
    #expect(result.status == 0, "\(result.stderr)")
    let document = try JSONDecoder().decode(TourReport.self, from: Data(result.stdout.utf8))
    #expect(document.verdict == .pass)
    #expect(document.patterns.map(\.name) == ["locks", "caching"])
    #expect(document.server.isPrivate)
    #expect(document.server.address.hasPrefix(run.folder.path), "a socket of its own, no port")
    for pattern in document.patterns {
      #expect(pattern.casts.map(\.by) == ["Swift", "Python", "Swift a, Python b", "Python a, Swift b"])
      #expect(pattern.casts.allSatisfy { $0.passed == $0.scenarios && $0.scenarios > 0 })
      #expect(pattern.examples.map(\.name) == (pattern.name == "locks" ? ["locks", "redlock"] : [pattern.name]))
      #expect(pattern.examples.allSatisfy { $0.equal == ["Swift", "Python"] })
      #expect(pattern.outcomes > 0)
      #expect(pattern.keys > 0)
      #expect(pattern.commands ?? 0 > 0)
      #expect(pattern.wire?.contains { $0.commands.contains { $0.hasPrefix("EVALSHA ") } } == true)
    }
    #expect(run.leftovers.isEmpty)
  }

  @Test func `shows the commands when asked`() async throws {
    let quiet = try await CommandLineRun().run("tour", "--pattern", "locks").stdout
    let loud = try await CommandLineRun().run("tour", "--pattern", "locks", "--wire").stdout
    #expect(!quiet.contains("EVALSHA lock_acquire"))
    #expect(loud.contains("EVALSHA lock_acquire lock:{x} lock:{x}:fence"))
  }

  @Test func `ends with FAIL and 1 when the languages run different scripts`() async throws {
    let run = try CommandLineRun()
    let changed = run.folder.appending(path: "lua")
    try FileManager.default.copyItem(at: ProjectRoot.find().appending(path: "lua"), to: changed)
    let script = changed.appending(path: "locks/lock_renew.lua")
    try (String(contentsOf: script, encoding: .utf8) + "-- one comment more\n")
      .write(to: script, atomically: true, encoding: .utf8)
    let environment = ["REDIS_PATTERNS_LUA_DIR": changed.path]
    let result = try await run.run("tour", environment: environment)
    #expect(result.status == 1)
    #expect(result.stdout.split(separator: "\n").last?.hasPrefix("FAIL  ") == true, "\(result.stdout)")
    #expect(result.stdout.contains("command: "))
    #expect(run.leftovers == ["lua"])
    let json = try await run.run("tour", "--json", "--pattern", "locks", environment: environment)
    #expect(json.status == 1)
    let document = try JSONDecoder().decode(TourReport.self, from: Data(json.stdout.utf8))
    #expect(document.verdict == .fail)
    #expect(document.patterns[0].differences.allSatisfy { $0.kind == .command })
    #expect(document.patterns[0].differences.contains { $0.right.contains("EVALSHA ") })
  }

  @Test func `ends with FAIL when an example prints, leaves or sends otherwise in one language`() async throws {
    let (run, root) = (try CommandLineRun(), try ProjectRoot.find())
    let changed = run.folder.appending(path: "checkout")
    let examples = changed.appending(path: "docs/examples")
    try FileManager.default.createDirectory(
      at: examples.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: root.appending(path: "docs/examples"), to: examples)
    for name in ["Package.swift", "lua", "Tests", "python", ".venv"] {
      try FileManager.default.createSymbolicLink(
        at: changed.appending(path: name), withDestinationURL: root.appending(path: name))
    }
    let file = examples.appending(path: "python/rate_limiting.py")
    let text = try String(contentsOf: file, encoding: .utf8)
    let meddled = text.replacingOccurrences(
      of: "    redis.close()\n",
      with: """
            redis.set(f"{namespace}:one-more", "x")
            say("one more line")
            redis.close()

        """)
    #expect(meddled != text)
    try meddled.write(to: file, atomically: true, encoding: .utf8)

    let result = try await run.run(
      "tour", "--json", "--pattern", "rate_limiting", environment: ["REDIS_PATTERNS_ROOT": changed.path])
    #expect(result.status == 1, "\(result.stderr)")
    let pattern = try JSONDecoder().decode(TourReport.self, from: Data(result.stdout.utf8)).patterns[0]
    #expect(pattern.verdict == .fail)
    #expect(pattern.examples.map(\.equal) == [["Swift"]])
    #expect(Set(pattern.differences.map(\.kind)) == [.transcript, .keyspace, .command])
    #expect(pattern.differences.contains { $0.place == "example:one-more" })
    #expect(pattern.casts.allSatisfy { $0.passed == $0.scenarios }, "the scenarios are as before")
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `a signal ends it with 130 or 143 and leaves nothing behind`(
    signal: Int32
  ) async throws {
    for pause in [0, 400] {
      let run = try CommandLineRun()
      let program = try run.start("tour")
      // The first bytes of the report mean that the server runs and scenarios are being played.
      try await eventually(within: .seconds(30)) { !program.stdout.isEmpty || !program.isRunning }
      try await Task.sleep(for: .milliseconds(pause))
      program.signal(signal)
      let status = try await program.wait(.seconds(20)).status
      #expect(status == 128 + signal || (status == 0 && pause > 0), "after \(pause) ms: \(status)")
      #expect(run.leftovers.isEmpty, "\(run.leftovers)")
    }
  }

  @Test func `even a kill leaves no server and no folder`() async throws {
    let run = try CommandLineRun()
    let program = try run.start("tour")
    try await eventually(within: .seconds(30)) { !program.stdout.isEmpty || !program.isRunning }
    program.signal(SIGKILL)
    _ = try await program.wait()
    try await eventually(within: .seconds(10)) { run.leftovers.isEmpty }
    #expect(run.leftovers.isEmpty, "\(run.leftovers)")
  }

  @Test func `on a server of yours it touches its own namespace only, and removes it`() async throws {
    try await withForeignServer { server, redis in
      let result = try await CommandLineRun().run("tour", "--url", server.url)
      #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
      #expect(result.stdout.contains("not recorded"))
      #expect(try await Keyspace.names(redis, prefix: "") == ["lock:{x}", "mine"])
      #expect(try await redis.execute(RESPCommand("GET", "lock:{x}")).string == "not yours")
      let seen = try await redis.execute(RESPCommand("INFO", "commandstats")).string ?? ""
      for forbidden in ["cmdstat_monitor", "cmdstat_flush", "cmdstat_keys:", "cmdstat_config|set"] {
        #expect(!seen.contains(forbidden), "\(forbidden)")
      }
    }
  }

  @Test func `interrupted on a server of yours it removes its keys too`() async throws {
    try await withForeignServer { server, redis in
      for pause in stride(from: 0, through: 750, by: 250) {
        let program = try CommandLineRun().start("tour", "--url", server.url)
        try await eventually(within: .seconds(30)) { !program.stdout.isEmpty || !program.isRunning }
        try await Task.sleep(for: .milliseconds(pause))
        program.signal(SIGINT)
        let status = try await program.wait(.seconds(20)).status
        #expect(status == 130 || status == 0)
        #expect(try await Keyspace.names(redis, prefix: "") == ["lock:{x}", "mine"], "after \(pause) ms")
      }
    }
  }

  @Test func `a second signal says which keys remain`() async throws {
    try await withForeignServer { server, redis in
      let program = try CommandLineRun().start("tour", "--url", server.url)
      try await eventually(within: .seconds(30)) { !program.stdout.isEmpty || !program.isRunning }
      // Nothing can be cleaned up on a server that does not answer.
      server.pause()
      defer { server.resume() }
      program.signal(SIGINT)
      try await eventually {
        program.signal(SIGINT)
        return !program.isRunning
      }
      let result = try await program.wait()
      #expect(result.status == 130)
      #expect(result.stderr.contains("namespace tour-"), "\(result.stderr)")
      server.resume()
      let namespace = result.stderr.firstMatch(of: /namespace (tour-[0-9a-f]{16}) may remain/)?.output.1
      let left = try await Keyspace.names(redis, prefix: String(try #require(namespace)))
      for key in left { _ = try await redis.execute(RESPCommand("UNLINK", key)) }
      #expect(try await Keyspace.names(redis, prefix: "") == ["lock:{x}", "mine"])
    }
  }

  @Test func `who stops reading ends it with 141, and its keys are removed`() async throws {
    try await withForeignServer { server, redis in
      let tour = "'\(try Program.redisPatterns())' tour --url '\(server.url)'"
      let line = "\(tour) | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}"
      let result = try await Program.run("/bin/bash", ["-c", line])
      #expect(result.stdout == "141\n", "\(result.stderr)")
      #expect(result.stderr.isEmpty)
      #expect(try await Keyspace.names(redis, prefix: "") == ["lock:{x}", "mine"])
    }
  }

  @Test func `a server of yours that goes away ends it with 3`() async throws {
    try await withForeignServer { server, _ in
      let program = try CommandLineRun().start("tour", "--url", server.url)
      try await eventually(within: .seconds(30)) { !program.stdout.isEmpty || !program.isRunning }
      server.kill()
      let result = try await program.wait(.seconds(60))
      #expect(result.status == 3, "\(result.stdout)\(result.stderr)")
      #expect(!result.stdout.contains("PASS  caching"))
    }
  }

  @Test func `a server of yours with a password is reached in both languages`() async throws {
    let server = try await RedisServer.start(.tcp, arguments: ["--requirepass", "p@ss:w/rd %"])
    defer { server.close() }
    let port = try #require(server.port)
    let run = try CommandLineRun()
    let url = "redis://:p%40ss%3Aw%2Frd%20%25@127.0.0.1:\(port)/2"
    let result = try await run.run("tour", "--pattern", "locks", "--url", url)
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(!(result.stdout + result.stderr).contains("p@ss"))
    let wrong = try await run.run("tour", "--url", "redis://:wrong@127.0.0.1:\(port)/2")
    #expect(wrong.status == 3)
    #expect(wrong.stderr.contains("AUTH"))
  }

  private func withForeignServer(_ body: (RedisServer, RedisClient) async throws -> Void) async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    defer { redis.close() }
    for (key, value) in [("mine", "1"), ("lock:{x}", "not yours")] {
      _ = try await redis.execute(RESPCommand("SET", key, value))
    }
    try await body(server, redis)
  }
}
