import ArgumentParser

/// The parts of `scripts/bench` that run in this binary; not for users.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "What scripts/bench measures inside this program.", shouldDisplay: false,
    subcommands: [BridgeBenchCommand.self, LoadBenchCommand.self, PatternBenchCommand.self])
}
