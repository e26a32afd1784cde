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

  func run() throws {
    guard let chosen = BenchOperation.all.first(where: { $0.name == operation }) else {
      throw ValidationError("no operation is called \(operation)")
    }
    try runAsync { [url, count] in
      let redis = try RedisClient(url)
      defer { redis.close() }
      try await chosen.empty(redis)
      let warm = try await chosen.make(redis)
      for at in 0..<min(count, 50) { try await warm(at) }
      try await chosen.empty(redis)
      let step = try await chosen.make(redis)
      let us = try await Self.timed(count) { try await step($0) }

      try await chosen.empty(redis)
      let recorder = Recorder(redis)
      let recorded = try await chosen.make(recorder)
      let before = recorder.sent.count
      for at in 0..<count { try await recorded(at) }
      let sent = recorder.sent

      try await chosen.empty(redis)
      for each in sent[..<before] { try await each.send(redis) }
      let rest = Array(sent[before...])
      let all = try await Self.timed(1) { _ in for each in rest { try await each.send(redis) } }
      print(try JSONText.of(Figures(us: us, bare_us: all / Double(count))))
    }
  }

  /// Microseconds a step.
  private static func timed(_ count: Int, _ step: (Int) async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    for at in 0..<count { try await step(at) }
    return (ContinuousClock.now - start) / .microseconds(1) / Double(count)
  }
}

extension BenchOperation {
  /// An empty database, and a server that knows every script.
  func empty(_ redis: RedisClient) async throws {
    _ = try await redis.send("FLUSHALL")
    for script in LuaScript.all { _ = try await redis.send("SCRIPT", "LOAD", script.source) }
  }
}
