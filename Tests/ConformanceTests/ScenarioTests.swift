import ParitySupport
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.serialized) struct `Live vectors` {
  @Test(arguments: Scenario.everywhere) func `each step has the agreed outcome, and the agreed keys are left`(
    scenario: Scenario
  ) async throws {
    try await withFreshDatabase { redis in
      let player = ScenarioPlayer(on: redis)
      for (number, step) in scenario.steps.enumerated() {
        let seen = await player.play(step, of: scenario)
        if let expected = step.expect {
          #expect(seen?.canonical == expected.canonical, "step \(number + 1) of '\(scenario.name)'")
        }
      }
      let left = try await player.leaves(of: scenario)
      #expect(sorted(left) == sorted(scenario.leaves), "'\(scenario.name)'")
    }
  }

  @Test func `a wrong expectation is seen`() async throws {
    let scenario = try #require(Scenario.everywhere.first { $0.pattern == "locks" })
    try await withFreshDatabase { redis in
      let player = ScenarioPlayer(on: redis)
      #expect(await player.play(scenario.steps[0], of: scenario) != ["status": "held"])
      let left = try await player.leaves(of: scenario)
      #expect(sorted(left) != sorted(scenario.leaves))
    }
  }

  /// One server for all scenarios: each finds it empty, and they come one after another.
  private func withFreshDatabase(_ body: (BlockingExecutor) async throws -> Void) async throws {
    let redis = try BlockingExecutor(socketPath: try await ScenarioServer.shared.server().socketPath)
    _ = try await redis.execute(RESPCommand("FLUSHALL"))
    try await body(redis)
  }

  private func sorted(_ keys: [JSONValue]) -> [JSONValue] {
    keys.map(\.canonical).sorted { $0.text < $1.text }
  }
}

extension Scenario {
  static var everywhere: [Scenario] {
    do { return try all(root: ProjectRoot.find()) } catch { fatalError("the vectors cannot be read: \(error)") }
  }
}

extension Scenario: CustomTestStringConvertible {
  public var testDescription: String { "\(pattern): \(name)" }
}

/// The scenarios' own server, which ends with the process.
private actor ScenarioServer {
  static let shared = ScenarioServer()
  private var starting: Task<RedisServer, any Error>?

  func server() async throws -> RedisServer {
    let task = starting ?? Task { try await RedisServer.start() }
    starting = task
    return try await task.value
  }
}
