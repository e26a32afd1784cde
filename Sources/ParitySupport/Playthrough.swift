/// One playing of a scenario: by whom, the outcome of every step, the keys it left, what went to the server.
public struct Playthrough: Sendable {
  /// `Swift`, `Python`, `Swift a, Python b`, …
  public let by: String
  public let outcomes: [JSONValue]
  /// As `leaves` of the vector has them, by key.
  public let keyspace: [JSONValue]
  /// In the order in which the server saw them; nil where a server may not be watched.
  public let commands: [SentCommand]?

  public init(by: String, outcomes: [JSONValue], keyspace: [JSONValue], commands: [SentCommand]?) {
    self.by = by
    self.outcomes = outcomes
    self.keyspace = keyspace
    self.commands = commands
  }
}

extension Playthrough {
  /// What this playing has other than the vector says.
  public func differences(from scenario: Scenario) -> [Difference] {
    let expected = scenario.steps.map { $0.expect }
    let outcomes = zip(expected, self.outcomes).enumerated().compactMap { at, pair -> Difference? in
      guard let expect = pair.0?.canonical, expect != pair.1 else { return nil }
      return Difference(.outcome, at: scenario.place(at), ("vector", expect.text), (by, pair.1.text))
    }
    let missing =
      self.outcomes.count == expected.count
      ? []
      : [Difference(.outcome, at: "number of steps", ("vector", "\(expected.count)"), (by, "\(self.outcomes.count)"))]
    return outcomes + missing
      + Difference.betweenKeyspaces(("vector", scenario.leaves.map(\.canonical)), (by, keyspace))
  }

  /// What this playing has other than another one, including what went to the server where both were watched.
  public func differences(from other: Playthrough, in scenario: Scenario) -> [Difference] {
    let outcomes = Difference.between(
      .outcome, (other.by, other.outcomes), (by, self.outcomes), place: scenario.place, text: \.text)
    let keys = Difference.betweenKeyspaces((other.by, other.keyspace), (by, keyspace))
    guard let theirs = other.commands, let ours = commands else { return outcomes + keys }
    let sent = Difference.between(
      .command, (other.by, theirs), (by, ours), place: { "command \($0 + 1)" }, text: \.text)
    return outcomes + keys + sent
  }
}

extension Scenario {
  /// `step 3, cache.fill by b`
  func place(_ at: Int) -> String {
    guard at < steps.count else { return "step \(at + 1)" }
    return switch steps[at].action {
    case .operation(let name, _): "step \(at + 1), \(name) by \(steps[at].by)"
    case .server(let command): "step \(at + 1), server \(command.joined(separator: " "))"
    }
  }
}
