import RESP

/// Plays steps of scenarios through an executor, and says what came of each as data.
public struct ScenarioPlayer: Sendable {
  private let redis: any RedisExecutor

  public init(on redis: any RedisExecutor) {
    self.redis = redis
  }

  /// The outcome of one step: `{"status": …}`, or `{"error": CODE}`; nil for a server command.
  public func play(_ step: Scenario.Step, of scenario: Scenario) async -> JSONValue? {
    do throws(RedisError) {
      switch step.action {
      case .operation(let name, let given):
        if name == "doctor.examine" { return try await DoctorOperations.examine(given, on: redis) }
        let operation = PatternOperation(name, given: given)
        let call = try operation.call(nowUs: scenario.startUs + step.atUs)
        return try operation.outcome(try await redis.run(call))
      case .server(let words):
        var command = RESPCommand(words.first ?? "PING")
        for word in words.dropFirst() { command.append(word) }
        _ = try await redis.execute(command)
        return nil
      }
    } catch {
      return PatternOperation.outcome(of: error)
    }
  }

  /// What the scenario left, in the form of `leaves`: every key of the database, by name.
  public func leaves(of scenario: Scenario) async throws(RedisError) -> [JSONValue] {
    try await Keyspace.dump(redis).map { $0.json(startUs: scenario.startUs) }
  }
}

extension JSONValue {
  /// The same value with every `{"hex": …}` that is text written as text, so that both spellings compare equal.
  public var canonical: JSONValue {
    if case .object = self, let bytes, let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
    switch self {
    case .array(let items): return .array(items.map(\.canonical))
    case .object(let members): return .object(members.mapValues(\.canonical))
    default: return self
    }
  }
}
