import ArgumentParser
import Hiredis
import LuaScripts
import RESP

/// One round of one operation; `scripts/bench patterns` runs it beside the same in Python and prints the table.
struct PatternBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns", abstract: "One operation by its API and by its bare commands.", shouldDisplay: false)

  @Option(help: "A server of the benchmark's own: it is emptied.") var url: String
  @Option(help: "Calls, one after another.") var count: Int
  @Option(help: "As in scripts/bench.d/pattern_operations.py: `locks: renew`.") var operation: String

  struct Figures: Encodable {
    /// Microseconds a call.
    let us: Double
    let bare_us: Double
  }

  /// Calls until it is the other's turn.
  private static let portion = 25

  func run() throws {
    guard let chosen = BenchOperation.all.first(where: { $0.name == operation }) else {
      throw ValidationError("no operation is called \(operation)")
    }
    try runAsync { [url, count] in
      let redis = try RedisClient(url)
      let plain = try RedisClient("\(url)?db=1")
      defer {
        redis.close()
        plain.close()
      }
      try await chosen.empty(redis)
      let warm = try await chosen.make(redis)
      for at in 0..<min(count, 50) { try await warm(at) }
      try await chosen.empty(redis)
      let recorder = Recorder(redis)
      let recorded = try await chosen.make(recorder)
      var marks = [recorder.sent.count]
      for at in 0..<count {
        try await recorded(at)
        marks.append(recorder.sent.count)
      }
      let sent = recorder.sent

      try await chosen.empty(redis)
      for each in sent[..<marks[0]] { try await each.send(plain) }
      let step = try await chosen.make(redis)
      var (api, bare): ([Double], [Double]) = ([], [])
      for at in stride(from: 0, to: count, by: Self.portion) {
        let end = min(at + Self.portion, count)
        func byAPI() async throws {
          api.append(try await Self.timed(end - at) { for each in at..<end { try await step(each) } })
        }
        // Who begins changes, so that neither has the better place.
        let isFirst = at / Self.portion % 2 == 0
        if isFirst { try await byAPI() }
        bare.append(
          try await Self.timed(end - at) { for each in sent[marks[at]..<marks[end]] { try await each.send(plain) } })
        if !isFirst { try await byAPI() }
      }
      print(try JSONText.of(Figures(us: Self.median(api), bare_us: Self.median(bare))))
    }
  }

  /// Microseconds a step.
  private static func timed(_ count: Int, _ steps: () async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await steps()
    return (ContinuousClock.now - start) / .microseconds(1) / Double(count)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

extension BenchOperation {
  /// An empty database, and a server that knows every script.
  func empty(_ redis: RedisClient) async throws {
    _ = try await redis.send("FLUSHALL")
    for script in LuaScript.all { _ = try await redis.send("SCRIPT", "LOAD", script.source) }
  }
}
