import RESP

/// Whether one scenario came out alike for every cast, and where not.
public struct ScenarioVerdict: Sendable {
  public let scenario: Scenario
  public let playthroughs: [Playthrough]
  public let differences: [Difference]

  public var passed: Bool { differences.isEmpty }
}

extension ParityStage {
  /// Plays a scenario once for each cast and compares: each with the vector, and each with the first.
  /// - Throws: `CancellationError`, and `RedisError` when the server does not answer; what else keeps a cast from playing is
  ///   a difference.
  public func judge(_ scenario: Scenario, _ casts: [Cast]) async throws -> ScenarioVerdict {
    var playthroughs: [Playthrough] = []
    var differences: [Difference] = []
    for cast in casts {
      try Task.checkCancellation()
      do {
        let playthrough = try await play(scenario, by: cast)
        let fromVector = playthrough.differences(from: scenario)
        let fromFirst = playthroughs.first.map { playthrough.differences(from: $0, in: scenario) } ?? []
        // What already differs from the vector is not told twice.
        let told = Set(fromVector.map { [$0.kind.rawValue, $0.place] })
        differences += fromVector + fromFirst.filter { !told.contains([$0.kind.rawValue, $0.place]) }
        playthroughs.append(playthrough)
      } catch let error where error is CancellationError || error is RedisError {
        // The stage's own connection failed: the server is gone, and every further scenario would only wait for it.
        try Task.checkCancellation()
        throw error
      } catch {
        try Task.checkCancellation()
        differences.append(Difference(.failure, at: scenario.name, ("vector", "is played"), (cast.name, "\(error)")))
      }
    }
    return ScenarioVerdict(scenario: scenario, playthroughs: playthroughs, differences: differences)
  }
}
