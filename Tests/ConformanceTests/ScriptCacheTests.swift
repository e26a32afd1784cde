import Foundation
import Hiredis
import LuaScripts
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

/// Every pattern goes on when the server has lost its scripts, and needs none sent along after `preloadScripts`.
@Suite struct `A server's cache of scripts` {
  @Test func `every scenario survives a flush of the scripts before every step`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    var sent = 0
    for scenario in Scenario.everywhere {
      _ = try await redis.send("FLUSHALL")
      sent += try await play(scenario, on: redis) { _ in _ = try await redis.send("SCRIPT", "FLUSH") }
    }
    #expect(sent > Scenario.everywhere.count)
  }

  @Test func `after preloading no script is sent along`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    try await redis.preloadScripts()
    for scenario in Scenario.everywhere where !scenario.commands.contains(where: { $0.first == "SCRIPT" }) {
      _ = try await redis.send("FLUSHALL")
      #expect(try await play(scenario, on: redis) == 0)
    }
  }

  @Test func `without a second attempt the same flush is an error`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    try await redis.preloadScripts()
    let call = try LockCalls("x").acquire(owner: "a", ttl: .seconds(1))
    _ = try await redis.execute(call.evalsha)
    _ = try await redis.send("SCRIPT", "FLUSH")
    let error = await #expect(throws: RedisError.self) { try await redis.execute(call.evalsha) }
    #expect(error?.code == .noScript)
  }

  @Test func `preloading says when scripts are forbidden`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("ACL", "SETUSER", "reader", "on", ">secret", "~*", "+get", "+ping")
    var url = try RedisURL(server.url)
    (url.user, url.password) = ("reader", "secret")
    let reader = try RedisClient(url)
    let error = await #expect(throws: RedisError.self) { try await reader.preloadScripts() }
    #expect(error?.code == .permission)
  }

  /// A replica holds the keys and none of the scripts; then it takes the socket of the primary, which is killed.
  @Test(arguments: Scenario.longest) func `a scenario survives a failover in its middle`(
    scenario: Scenario
  ) async throws {
    let (primary, replica) = (try await RedisServer.start(.tcp), try await RedisServer.start())
    defer {
      primary.close()
      replica.close()
    }
    let follower = try RedisClient(replica.url)
    _ = try await follower.send("REPLICAOF", "127.0.0.1", try #require(primary.port))
    try await eventually {
      try await follower.send("INFO", "replication").string?.contains("master_link_status:up") ?? false
    }
    let redis = try RedisClient("unix://\(primary.socketPath)")
    let sent = try await play(scenario, on: redis) { number in
      guard number == scenario.steps.count / 2 else { return }
      #expect(try await redis.deadline(.seconds(40)).send("WAIT", 1, 30_000) == .integer(1))
      primary.kill()
      _ = try await follower.send("REPLICAOF", "NO", "ONE")
      #expect(rename(replica.socketPath, primary.socketPath) == 0)
      // The client must have seen it: what is sent into a dead connection fails as unknown, and rightly so.
      try await eventually { (try? await redis.send("PING")) == .simple("PONG") }
    }
    #expect(sent > 0)
  }

  /// Plays a scenario and compares it with its vector; `before` each step it may do harm.
  /// - Returns: how many scripts the last server was sent along. Looking at the keys afterwards sends one on Redis 6.2.
  private func play(
    _ scenario: Scenario, on redis: RedisClient, before: (Int) async throws -> Void = { _ in }
  ) async throws -> Int {
    let player = ScenarioPlayer(on: redis)
    let earlier = try await calls("eval", redis)
    for (number, step) in scenario.steps.enumerated() {
      try await before(number)
      let seen = await player.play(step, of: scenario)
      if let expected = step.expect {
        #expect(seen?.canonical == expected.canonical, "step \(number + 1) of '\(scenario.name)'")
      }
    }
    let sent = try await calls("eval", redis) - earlier
    let left = try await player.leaves(of: scenario)
    #expect(Set(left.map(\.canonical)) == Set(scenario.leaves.map(\.canonical)), "'\(scenario.name)'")
    return sent
  }

  /// How often the server ran a command.
  private func calls(_ command: String, _ redis: RedisClient) async throws -> Int {
    let info = try await redis.send("INFO", "commandstats").string ?? ""
    let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
    return line.flatMap { Int($0.dropFirst("cmdstat_\(command):calls=".count).prefix { $0.isNumber }) } ?? 0
  }
}

extension Scenario {
  /// The commands that it sends to the server itself.
  fileprivate var commands: [[String]] {
    steps.compactMap { if case .server(let words) = $0.action { words } else { nil } }
  }

  /// The longest scenario of each pattern that does nothing to the server itself.
  fileprivate static var longest: [Scenario] {
    Dictionary(grouping: everywhere.filter { $0.commands.isEmpty && $0.pattern != "operations" }, by: \.pattern).values
      .compactMap {
        $0.max { $0.steps.count < $1.steps.count }
      }
  }
}
