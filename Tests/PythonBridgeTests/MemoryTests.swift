import Foundation
import PythonBridge
import Testing

/// In a process of its own: no other test's objects are counted.
@Suite(needsPython)
struct MemoryTests {
  private struct Growth: Decodable {
    var kind: String
    var calls: Int
    var blocks: Int
    var residentKiB: Int
  }

  private static let scale = ProcessInfo.processInfo.environment["REDIS_PATTERNS_SCALE"].flatMap(Double.init) ?? 1

  @Test(.timeLimit(.minutes(10)))
  func `calls of every kind leave nothing behind`() async throws {
    let count = Int(2000 * Self.scale)
    let end = try await Subprocess.run(
      Subprocess.probe, ["leaks", "\(count)", "\(fixtures)/callbacks.py"], timeout: .seconds(540)
    )
    try #require(end.status == 0, "\(end.stderr)")
    for growth in try JSONDecoder().decode([Growth].self, from: Data(end.stdout.utf8)) {
      if growth.kind.hasPrefix("control") {
        #expect(growth.blocks >= growth.calls, "the harness sees a leak of one string a call")
      } else {
        // A constant, whatever the count: caches of the interpreter fill up.
        #expect(growth.blocks < 300, "\(growth.kind): \(growth.blocks) blocks over \(growth.calls) calls")
        #expect(growth.residentKiB < 1024, "\(growth.kind): \(growth.residentKiB) KiB over \(growth.calls) calls")
      }
    }
  }
}
