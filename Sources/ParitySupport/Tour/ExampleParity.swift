import RESP

/// What one language's run of an example showed.
struct ExampleRun: Sendable {
  let by: String
  let transcript: [String]
  /// Key, type and lifetime; values hold clocks and random owners.
  let keys: [KeyState]
  /// Each script or command with its keys, once: how often one asks again is a matter of timing.
  let commands: [String]?
}

extension ParityStage {
  /// Runs an example in both languages, each from an empty beginning, and compares: both with the golden transcript,
  /// and with each other in what they leave and send.
  ///
  /// - Parameter nodes: where an example plays that needs several servers; what it leaves there is not compared.
  func judge(
    _ example: Example, on nodes: ExampleNodes? = nil
  ) async throws -> (report: ExampleReport, differences: [Difference], wire: [WireReport]) {
    let golden = try example.golden()
    let place = nodes.map { Example.Place.nodes($0.urls) } ?? .server(url)
    let swift = try await run("Swift") { try await example.swiftTranscript(place, namespace: $0) }
    let python = try await run("Python") { try await example.pythonTranscript(place, namespace: $0) }
    var differences: [Difference] = []
    for run in [swift, python] {
      differences += Difference.between(
        .transcript, ("golden", golden), (run.by, run.transcript), place: { "line \($0 + 1)" }, text: { $0 })
    }
    differences += Difference.betweenKeyspaces(
      ("Swift", swift.keys.map(\.shape)), ("Python", python.keys.map(\.shape)))
    differences += Self.lifetimes(swift.keys, python.keys)
    if let ours = swift.commands, let theirs = python.commands {
      for line in Set(ours).symmetricDifference(theirs).sorted() {
        let here = ours.contains(line)
        differences.append(
          Difference(
            .command, at: "of the example", ("Swift", here ? line : "(never)"), ("Python", here ? "(never)" : line)))
      }
    }
    let equal = [swift, python].filter { $0.transcript == golden }.map(\.by)
    let report = ExampleReport(name: example.name, transcript: golden, equal: equal)
    let wire = [swift, python].compactMap { run in
      run.commands.map { WireReport(title: "the example in \(run.by)", commands: $0) }
    }
    return (report, differences, wire)
  }

  private func run(
    _ name: String, _ play: @escaping @Sendable (String) async throws -> [String]
  ) async throws -> ExampleRun {
    try await emptied { () async throws -> ExampleRun in
      try Task.checkCancellation()
      let namespace = exampleNamespace
      // To its end, as every turn: what is under way could still write after we have cleaned up.
      let transcript = try await Task { try await play(namespace) }.value
      let commands = try await recorded().map { sent in
        Set(sent.filter { !Self.accelerators.contains($0.verb) }.map(\.outline)).sorted()
      }
      let keys = try await keys().map { state in
        KeyState(
          key: withoutDrawnIDs(state.key), value: state.value, expiresAtMs: state.expiresAtMs,
          lifetimeMs: state.lifetimeMs)
      }
      return ExampleRun(by: name, transcript: transcript, keys: keys, commands: commands)
    }
  }

  /// A lifetime may differ by jitter and by the time of the run, not by its order of size.
  private static func lifetimes(_ ours: [KeyState], _ theirs: [KeyState]) -> [Difference] {
    let other = Dictionary(theirs.map { ($0.key, $0) }) { first, _ in first }
    return ours.compactMap { state in
      guard let at = state.lifetimeMs, let twin = other[state.key]?.lifetimeMs else { return nil }
      guard abs(at - twin) > max(2_000, max(at, twin) / 2) else { return nil }
      return Difference(.keyspace, at: state.key, ("Swift", "lives \(at) ms"), ("Python", "lives \(twin) ms"))
    }
  }

  /// Wake-ups only shorten a wait; whether one listens in time is chance. And how a client sees that a connection lives is
  /// its own affair.
  private static let accelerators: Set<String> = ["SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "PING"]
}

extension KeyState {
  /// What must be equal of a key whose value holds clocks and random owners.
  fileprivate var shape: JSONValue {
    ["key": .string(key), "type": .string(typeName), "expires": .bool(expiresAtMs != nil)]
  }
}

extension SentCommand {
  /// Without arguments, which hold random owners and measured times.
  fileprivate var outline: String {
    guard let script else {
      return ([verb] + arguments.prefix(1).map(RecordedCommand.readable).map(withoutDrawnIDs)).joined(separator: " ")
    }
    let keys = keys.map(RecordedCommand.readable).map(withoutDrawnIDs)
    return ([verb, Self.short(script)] + keys).joined(separator: " ")
  }
}

/// Ids that are drawn at random stand in keys as 32 or more hexadecimal digits: each becomes `<drawn>`.
private func withoutDrawnIDs(_ text: String) -> String {
  text.replacing(#/[0-9a-f]{32,}/#, with: "<drawn>")
}
