import Foundation
import ParitySupport
import PythonBridge
import RedisPatternsTesting
import Testing

/// The controls of live parity: one language is made to differ in one thing, and the verdict must turn red for it.
@Suite struct `A deliberate difference turns parity red` {
  private let scenario: Result<Scenario, any Error>
  private let root = Result { try ProjectRoot.find() }

  init() {
    scenario = Result {
      let all = try Scenario.all(root: ProjectRoot.find())
      return try #require(all.first { $0.name == "a released lock goes to the first waiter, not to a newcomer" })
    }
  }

  @Test(.enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing), arguments: Meddler.Fault.allCases)
  func `when Python differs`(_ fault: Meddler.Fault) async throws {
    let python = try await PythonLanguage(root: root.get())
    try await expectRed(SwiftLanguage(), Meddler(base: python, fault: fault), fault)
  }

  @Test(arguments: Meddler.Fault.allCases)
  func `when Swift differs`(_ fault: Meddler.Fault) async throws {
    let python = try PythonProcessLanguage(root: root.get())
    try await expectRed(python, Meddler(base: SwiftLanguage(), fault: fault), fault)
  }

  @Test func `and without one it is green`() async throws {
    let verdict = try await judge(SwiftLanguage(), PythonProcessLanguage(root: root.get()))
    #expect(verdict.passed)
  }

  private func expectRed(_ honest: some ParityLanguage, _ meddler: Meddler, _ fault: Meddler.Fault) async throws {
    let verdict = try await judge(honest, meddler)
    let kinds = Set(verdict.differences.filter { $0.rightName == meddler.name }.map(\.kind))
    let expected: Set<Difference.Kind> =
      switch fault {
      case .changedArgument: [.command, .keyspace]
      case .changedTTL, .immortalKey, .extraKey: [.keyspace, .command]
      case .changedOutcome: [.outcome]
      case .extraCommand: [.command]
      case .lostStep, .failure: [.failure]
      }
    #expect(!verdict.passed)
    #expect(kinds.isSuperset(of: expected), "\(verdict.differences.map(\.text).joined(separator: "\n"))")
  }

  private func judge(_ one: some ParityLanguage, _ two: some ParityLanguage) async throws -> ScenarioVerdict {
    let server = try await RedisServer.start()
    defer { server.close() }
    let stage = try ParityStage(owning: server)
    defer { stage.close() }
    return try await stage.judge(scenario.get(), Cast.parity(one, two))
  }
}
