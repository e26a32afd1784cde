import Foundation
import ParitySupport
import PythonBridge
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.enabled(if: PythonInterpreter.isAvailable)) struct `scripts verify` {
  @Test func `finds Swift, Python and a server equal`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let run = try CommandLineRun()
    let result = try await run.run("scripts", "verify", "--url", server.url, "--json")
    #expect(result.status == 0, "\(result.stderr)")
    let document = try JSONValue(parsing: Data(result.stdout.utf8))
    #expect(document["equal"] == true)
    let scripts = document["scripts"]?.array ?? []
    let list = try JSONValue(parsing: Data(try await run.run("scripts", "list", "--json").stdout.utf8)).array ?? []
    #expect(scripts.map { $0["swift"] } == list.map { $0["sha1"] })
    #expect(scripts.allSatisfy { $0["python"] == $0["swift"] && $0["server"] == $0["swift"] })
    let text = try await run.run("scripts", "verify")
    #expect(text.status == 0)
    #expect(text.stdout.contains("PASS  \(scripts.count) scripts equal"))
  }

  @Test func `names the script that Python has otherwise, lacks or has alone`() async throws {
    let run = try CommandLineRun()
    let changed = run.folder.appending(path: "lua")
    try FileManager.default.copyItem(at: ProjectRoot.find().appending(path: "lua"), to: changed)
    let locks = changed.appending(path: "locks")
    try Data("return 1\n".utf8).write(to: locks.appending(path: "lock_renew.lua"))
    try Data("return 2\n".utf8).write(to: locks.appending(path: "lock_steal.lua"))
    try FileManager.default.removeItem(at: locks.appending(path: "lock_release.lua"))
    let result = try await run.run("scripts", "verify", environment: ["REDIS_PATTERNS_LUA_DIR": changed.path])
    #expect(result.status == 1)
    #expect(result.lines.contains { $0.hasPrefix("lock_renew ") && !$0.contains("python equal") })
    #expect(result.lines.contains { $0.hasPrefix("lock_steal ") && $0.contains("not in this binary") })
    #expect(result.lines.contains { $0.hasPrefix("lock_release ") && $0.contains("python has none") })
    #expect(result.stdout.contains("FAIL  3 of "))
  }

  @Test func `a server that is not there is 3`() async throws {
    let result = try await CommandLineRun().run("scripts", "verify", "--url", "redis://127.0.0.1:1")
    #expect(result.status == 3)
    #expect(result.stderr.contains("127.0.0.1:1"))
  }

  @Test func `without Python it still compares a server, and says what it left out`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let environment = ["REDIS_PATTERNS_VENV": "/nowhere/venv"]
    let with = try await CommandLineRun().run("scripts", "verify", "--url", server.url, environment: environment)
    #expect(with.status == 0)
    #expect(with.stderr.contains("Python's scripts were not compared"))
    let without = try await CommandLineRun().run("scripts", "verify", environment: environment)
    #expect(without.status == 4)
  }
}
