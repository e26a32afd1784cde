import Foundation
import ParitySupport
import Testing

@Suite struct `Vectors on disk` {
  @Test func `every scenario is read, and written again as it was`() throws {
    let root = try ProjectRoot.find()
    let files = try VectorFile.all(root: root).filter { $0.kind == "scenarios" }
    #expect(!files.isEmpty)
    for file in files {
      for (scenario, original) in zip(try file.scenarios(), file.cases) {
        #expect(scenario.json.text == original.text, "\(file.path): \(scenario.name)")
      }
    }
  }

  @Test func `a namespace is put before every name`() throws {
    let step = Scenario.Step(
      by: "a", atUs: 0, action: .operation("lock.acquire", given: ["name": "x"]), expect: ["status": "acquired"])
    let scenario = Scenario(
      pattern: "locks", name: "one", startUs: 0, steps: [step],
      leaves: [["key": "lock:{x}", "type": "hash"], ["key": "shop:lock:{y}", "type": "hash"]])
    let own = scenario.inNamespace("tour")
    #expect(own.steps[0].action == .operation("lock.acquire", given: ["name": "x", "namespace": "tour"]))
    #expect(own.leaves == scenario.leaves)
    guard case .operation(_, let given) = own.inNamespace("again").steps[0].action else { return }
    #expect(given["namespace"] == "again.tour")
  }

  @Test func `the checkout is found upwards or by the environment, or the error says where it looked`() throws {
    let root = try ProjectRoot.find(environment: [:])
    #expect(try ProjectRoot.find(environment: ["REDIS_PATTERNS_ROOT": root.path]) == root)
    let error = #expect(throws: ProjectRootError.self) {
      try ProjectRoot.find(environment: ["REDIS_PATTERNS_ROOT": "/nowhere"])
    }
    #expect(error?.description.contains("REDIS_PATTERNS_ROOT=/nowhere") == true)
  }
}
