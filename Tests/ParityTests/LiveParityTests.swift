import Foundation
import ParitySupport
import PythonBridge
import RedisPatternsTesting
import Testing

/// Why the bridge cannot be tested here; nil where it can.
let bridgeIsMissing: Comment? = PythonInterpreter.unavailableReason.map { "\($0)" }

/// Every shared scenario, played by each language alone and by both together, in both orders.
@Suite struct `Live parity` {
  private let root = Result { try ProjectRoot.find() }

  @Test(.enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing))
  func `every scenario comes out alike in Swift and in Python inside this process`() async throws {
    let root = try root.get()
    try await expectParity(Cast.parity(SwiftLanguage(), PythonLanguage(root: root)), root)
  }

  @Test func `every scenario comes out alike in Swift and in a plain python3`() async throws {
    let root = try root.get()
    try await expectParity(Cast.parity(SwiftLanguage(), PythonProcessLanguage(root: root)), root)
  }

  @Test(.enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing))
  func `the bridge changes nothing of what a plain python3 does`() async throws {
    let root = try root.get()
    let casts = try await [Cast(PythonProcessLanguage(root: root)), Cast(PythonLanguage(root: root))]
    try await expectParity(casts, root)
  }

  private func expectParity(_ casts: [Cast], _ root: URL) async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let stage = try ParityStage(owning: server, database: 3)
    defer { stage.close() }
    let scenarios = try Scenario.all(root: root)
    try #require(!scenarios.isEmpty)
    for scenario in scenarios {
      let verdict = try await stage.judge(scenario, casts)
      for difference in verdict.differences {
        Issue.record("\(scenario.pattern), \(scenario.name): \(difference.text)")
      }
      #expect(verdict.playthroughs.count == casts.count)
      for playthrough in verdict.playthroughs {
        #expect(playthrough.outcomes.count == scenario.steps.count)
        #expect(playthrough.commands?.isEmpty == false, "\(scenario.name): nothing was recorded")
      }
    }
  }
}
