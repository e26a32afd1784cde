import Foundation
import ParitySupport
import Testing

/// The examples themselves run in the tour (`CLITests`): a process of their own keeps time as a user's does.
@Suite struct `An example of the documentation` {
  @Test func `stands there for every pattern, with a golden transcript`() throws {
    let root = try ProjectRoot.find()
    for pattern in try Tour.patterns(root: root) {
      _ = try #require(Example(pattern: pattern, root: root))
      for example in Example.all(of: pattern, root: root) {
        #expect(try !example.golden().isEmpty)
        #expect(FileManager.default.fileExists(atPath: example.pythonFile.path))
      }
    }
  }
}
