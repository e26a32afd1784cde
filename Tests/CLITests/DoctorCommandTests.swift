import Foundation
import ParitySupport
import RESP
import TestSupport
import Testing

@Suite struct `redis-patterns doctor` {
  @Test func `ends as the worst finding asks, from --fail-on on`() async throws {
    try await withServer { server, redis in
      let run = try CommandLineRun()
      _ = try await redis.execute(RESPCommand("CONFIG", "SET", "maxmemory", "100mb"))
      func status(_ failOn: String) async throws -> Int32 {
        try await run.run("doctor", "--url", server.url, "--fail-on", failOn).status
      }
      #expect(try await status("warning") == 0)
      #expect(try await status("unknown") == 1)
      _ = try await redis.execute(RESPCommand("SET", "plain", "x", "EX", 60))
      #expect(try await status("warning") == 1)
      #expect(try await status("critical") == 0)
      _ = try await redis.execute(RESPCommand("SET", "lock:a", "1", "EX", 60))
      #expect(try await status("critical") == 2)
      #expect(try await status("never") == 0)
    }
  }

  @Test func `--json prints one document; without it, a line for each item`() async throws {
    try await withServer { server, _ in
      let run = try CommandLineRun()
      let json = try await run.run("doctor", "--json", environment: ["REDIS_URL": server.url])
      let document = try JSONValue(parsing: Data(json.stdout.utf8))
      #expect(document["items"]?.array?.count == 12)
      #expect(json.stderr.isEmpty)
      let one = try await run.run("doctor", "--item", "locks", environment: ["REDIS_URL": server.url])
      #expect(one.stdout.contains(" 6 Distributed locks"))
      #expect(!one.stdout.contains("Key naming"))
    }
  }

  @Test func `no connection and no login are 3, and no password is told`() async throws {
    let run = try CommandLineRun()
    let nobody = try await run.run("doctor", "--url", "redis://:secret@127.0.0.1:1")
    #expect(nobody.status == 3)
    #expect(nobody.stdout.isEmpty)
    try await withServer { server, owner in
      _ = try await owner.execute(RESPCommand("CONFIG", "SET", "requirepass", "secret"))
      let refused = try await run.run("doctor", environment: ["REDIS_URL": "unix://:secretive@\(server.socketPath)"])
      #expect(refused.status == 3, "\(refused.stderr)")
      #expect(!(refused.stderr + refused.stdout + nobody.stderr).contains("secret"))
      let right = try await run.run(
        "doctor", "--json", "--fail-on", "never", environment: ["REDIS_URL": "unix://:secret@\(server.socketPath)"])
      #expect(right.status == 0)
      #expect(!right.stdout.contains("secret"))
    }
  }

  @Test(arguments: [
    (["--item", "lokcs"], "Did you mean 'locks'?"), (["--max-keys", "0"], "--max-keys"),
    (["--fail-on", "x"], "critical"),
    ([], "REDIS_URL"),
  ]) func `wrong usage is 64`(arguments: [String], hint: String) async throws {
    let more = arguments.isEmpty ? [] : ["--url", "redis://127.0.0.1:1"]
    let result = try await Program.run(
      Program.redisPatterns(), ["doctor"] + more + arguments, environment: ["REDIS_URL": nil])
    #expect(result.status == 64)
    #expect(result.stdout.isEmpty)
    #expect(result.stderr.contains(hint), "\(result.stderr)")
  }

  @Test func `Ctrl-C is 130`() async throws {
    try await withServer { server, _ in
      let run = try CommandLineRun()
      server.pause()
      defer { server.resume() }
      let program = try run.start("doctor", "--url", "\(server.url)?timeout_ms=60000&connect_timeout_ms=60000")
      try await eventually { Self.catchesInterrupts(program.pid) }
      program.signal(SIGINT)
      let result = try await program.wait()
      #expect(result.status == 130)
      #expect(result.stdout.isEmpty)
    }
  }

  /// Whether the program has come so far that it handles Ctrl-C by itself.
  private static func catchesInterrupts(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last ?? "0"
    return (UInt64(caught, radix: 16) ?? 0) & (1 << UInt64(SIGINT - 1)) != 0
  }
}
