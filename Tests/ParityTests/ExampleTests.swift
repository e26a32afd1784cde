import Foundation
import PythonBridge
import RESP
import RedisPatternsTesting
import Testing

@testable import ParitySupport

/// The documentation's examples print what the pages show, in both languages.
@Suite struct `An example of the documentation` {
  private static let patterns = Result { try Tour.patterns(root: ProjectRoot.find()) }

  @Test func `stands there for every pattern`() throws {
    let root = try ProjectRoot.find()
    for pattern in try Self.patterns.get() {
      let example = try #require(Example(pattern: pattern, root: root))
      #expect(try !example.golden().isEmpty)
      #expect(FileManager.default.fileExists(atPath: example.pythonFile.path))
    }
  }

  @Test func `prints its golden transcript in Swift`() async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    for pattern in try Self.patterns.get() {
      let example = try #require(Example(pattern: pattern, root: ProjectRoot.find()))
      let printed = try await example.swiftTranscript(url: RedisURL(server.url), namespace: "n-\(pattern)")
      #expect(printed == (try example.golden()))
    }
  }

  @Test(.enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing))
  func `prints, leaves and sends the same in both languages`() async throws {
    _ = try await PythonLanguage(root: ProjectRoot.find())
    let server = try await RedisServer.start()
    defer { server.close() }
    let stage = try ParityStage(owning: server)
    defer { stage.close() }
    for pattern in try Self.patterns.get() {
      let example = try #require(Example(pattern: pattern, root: ProjectRoot.find()))
      let judged = try await stage.judge(example)
      for difference in judged.differences { Issue.record("\(pattern): \(difference.text)") }
      #expect(judged.report.equal == ["Swift", "Python"])
      #expect(judged.wire.count == 2)
      #expect(judged.wire.allSatisfy { !$0.commands.isEmpty })
    }
  }

  @Test(.enabled(if: PythonInterpreter.isAvailable, bridgeIsMissing))
  func `that prints one line otherwise, or leaves one key more, turns red`() async throws {
    let root = try ProjectRoot.find()
    _ = try await PythonLanguage(root: root)
    let changed = FileManager.default.temporaryDirectory.appending(path: "examples-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: changed) }
    let examples = "docs/examples"
    try FileManager.default.createDirectory(at: changed.appending(path: "docs"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: root.appending(path: examples), to: changed.appending(path: examples))
    let file = changed.appending(path: "\(examples)/python/rate_limiting.py")
    let text = try String(contentsOf: file, encoding: .utf8)
    let meddled = text.replacingOccurrences(
      of: "    redis.close()\n",
      with: """
            redis.set(f"{namespace}:one-more", "x")
            print("one more line")
            redis.close()

        """)
    #expect(meddled != text)
    try meddled.write(to: file, atomically: true, encoding: .utf8)

    let server = try await RedisServer.start()
    defer { server.close() }
    let stage = try ParityStage(owning: server)
    defer { stage.close() }
    let judged = try await stage.judge(#require(Example(pattern: "rate_limiting", root: changed)))
    #expect(judged.report.equal == ["Swift"])
    #expect(Set(judged.differences.map(\.kind)) == [.transcript, .keyspace, .command])
    #expect(judged.differences.contains { $0.place == "example:one-more" })
  }
}
