import ArgumentParser
import PythonBridge

struct BridgeBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bridge", abstract: "What a call between Swift and Python costs, as Markdown or JSON.")

  @Flag(help: "One JSON document on standard output.") var json = false
  @Option(help: "How often every row is measured; the rounds are interleaved.") var rounds = 101
  @Option(help: "Share of the full number of calls.") var scale = 1.0
  @Option(help: "Only the rows whose name holds this text, and the first.") var only = ""

  func run() throws {
    try runAsync { [json, rounds, scale, only] in
      let report = try await BridgeBenchmark(scale: scale, only: only).run(rounds: rounds)
      print(json ? try JSONText.of(report) : report.markdown)
    }
  }
}
