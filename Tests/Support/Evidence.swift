import Foundation
import Synchronization

/// What a counted test saw. `scripts/soak` asks for it with `REDIS_PATTERNS_EVIDENCE=folder`; otherwise nothing is written.
///
/// One file for each claim and language; Python's tests write the same form (`python/tests/evidence.py`).
public enum Evidence {
  private struct File: Codable {
    var runs: [Run] = []
    /// What the naive form did in the same harness.
    var control: [String: Int] = [:]
  }

  private struct Run: Codable {
    var what: String
    var count: Int
    var seed: UInt64?
    var violations: Int
    /// What the run met on its way: a run that meets nothing proves nothing.
    var seen: [String: Int]
  }

  // Tests run in parallel, and several may add to one file.
  private static let folder = Mutex(
    ProcessInfo.processInfo.environment["REDIS_PATTERNS_EVIDENCE"].map { URL(fileURLWithPath: $0, isDirectory: true) })

  /// - Parameters:
  ///   - claim: the name under `scripts/soak counts`, such as `lock`.
  ///   - what: one count of, such as `schedules`.
  public static func record(
    _ claim: String, _ what: String, count: Int, seed: UInt64? = nil, violations: Int, seen: [String: Int] = [:]
  ) {
    change(claim) {
      $0.runs.append(Run(what: what, count: count, seed: seed, violations: violations, seen: seen))
    }
  }

  /// The violations that the naive form showed; none would mean that the harness is blind.
  public static func control(_ claim: String, _ violations: [String: Int]) {
    change(claim) { $0.control.merge(violations) { $0 + $1 } }
  }

  private static func change(_ claim: String, _ body: (inout File) -> Void) {
    folder.withLock { folder in
      guard let place = folder?.appending(path: "\(claim).swift.json") else { return }
      do {
        var file = File()
        if let known = try? Data(contentsOf: place) { file = try JSONDecoder().decode(File.self, from: known) }
        body(&file)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(file).write(to: place, options: .atomic)
      } catch {
        fatalError("no evidence could be written to \(place.path): \(error)")
      }
    }
  }
}
