import Hiredis
import RESP

/// A language that can play steps of a scenario on a server.
public protocol ParityLanguage: Sendable {
  /// `Swift`, `Python`.
  var name: String { get }

  /// Plays the steps one after another on a connection of its own, and says what came of each.
  func play(_ scenario: Scenario, steps: Range<Int>, on url: RedisURL) async throws -> [JSONValue]
}

/// The Swift client and patterns of this process.
public struct SwiftLanguage: ParityLanguage {
  public let name = "Swift"

  public init() {}

  public func play(_ scenario: Scenario, steps: Range<Int>, on url: RedisURL) async throws -> [JSONValue] {
    let redis = try RedisClient(url)
    defer { redis.close() }
    let player = ScenarioPlayer(on: redis)
    var outcomes: [JSONValue] = []
    for at in steps {
      try Task.checkCancellation()
      outcomes.append(await player.play(scenario.steps[at], of: scenario) ?? .null)
    }
    return outcomes
  }
}
