import Foundation
import RESP

/// One pattern's part of the tour.
struct PatternTour: Sendable {
  let name: String
  let root: URL
  let stage: ParityStage
  let python: PythonLanguage
  let recordsWire: Bool

  func run(progress: (String) -> Void) async throws -> PatternReport {
    let start = ContinuousClock.now
    let all = try Scenario.all(root: root).filter { $0.pattern == name }
    let scenarios = all.filter { stage.isPrivate || !$0.needsPrivateServer }
    let casts = Cast.parity(SwiftLanguage(), python)
    var passed = [Int](repeating: 0, count: casts.count)
    var differences: [Difference] = []
    var (outcomes, keys, commands) = (0, 0, 0)
    var wire: [WireReport] = []
    var examples: [ExampleReport] = []
    let stories = Example.all(of: name, root: root)
    // Servers of its own, which grow old enough while the rest is played.
    let nodes = stage.isPrivate && stories.contains(where: \.needsNodes) ? try await ExampleNodes.start() : nil
    defer { nodes?.close() }
    for example in stories where !example.needsNodes {
      progress("\(name): the example")
      let judged = try await stage.judge(example)
      examples.append(judged.report)
      differences += judged.differences
      wire += judged.wire
    }
    for (at, scenario) in scenarios.enumerated() {
      progress("\(name): scenario \(at + 1)/\(scenarios.count)")
      let verdict = try await stage.judge(scenario, casts)
      differences += verdict.differences.map { $0.inside(scenario) }
      for (number, cast) in casts.enumerated() where !verdict.differences.contains(where: { $0.rightName == cast.name })
      {
        passed[number] += 1
      }
      guard let first = verdict.playthroughs.first else { continue }
      outcomes += first.outcomes.count { $0 != .null }
      keys += first.keyspace.count
      commands += first.commands?.count ?? 0
      wire.append(WireReport(title: "\(scenario.name)", commands: first.commands?.map(\.text) ?? []))
    }
    if let nodes {
      for example in stories where example.needsNodes {
        progress("\(name): \(example.name)")
        try await nodes.grow()
        let judged = try await stage.judge(example, on: nodes)
        examples.append(judged.report)
        differences += judged.differences
      }
    }
    // On a server of others the scenarios that need a private one are left out; something must have been compared.
    let agrees = differences.isEmpty && !(scenarios.isEmpty && examples.isEmpty)
    return PatternReport(
      name: name, summary: try summary(), verdict: agrees ? .pass : .fail, examples: examples,
      casts: zip(casts, passed).map { CastReport(by: $0.name, passed: $1, scenarios: scenarios.count) },
      outcomes: outcomes, keys: keys, commands: stage.isPrivate ? commands : nil,
      skipped: all.count - scenarios.count, differences: differences,
      wire: recordsWire && stage.isPrivate ? wire : nil, seconds: (ContinuousClock.now - start).seconds)
  }

  /// From the pattern's contract.
  private func summary() throws -> String {
    let file = root.appending(path: "lua/\(name)/\(name).contract.json")
    return try JSONValue(parsing: Data(contentsOf: file))["summary"]?.string ?? ""
  }
}

extension Difference {
  /// The same, told with the scenario in which it is.
  func inside(_ scenario: Scenario) -> Difference {
    Difference(kind, at: "\(place) (\(scenario.name))", (leftName, left), (rightName, right))
  }
}
