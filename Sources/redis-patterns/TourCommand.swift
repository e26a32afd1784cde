import ArgumentParser
import Foundation
import ParitySupport
import RESP

struct TourCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "Every pattern in Swift and in Python on one Redis, with a verdict.",
    usage: "redis-patterns tour [--pattern <name>] [--url <url>] [--wire] [--json]",
    discussion: """
      Without --url it starts a redis-server of its own, and leaves nothing behind.

      EXAMPLES
        redis-patterns tour
        redis-patterns tour --pattern locks --wire
        redis-patterns tour --url redis://127.0.0.1:6390 --json
      """)

  @Option(help: ArgumentHelp("Show this pattern only; may be repeated.", valueName: "name"))
  var pattern: [String] = []
  @Option(
    help: ArgumentHelp(
      "Use this server: a random namespace of it, which is removed again. Nothing is recorded there.", valueName: "url")
  )
  var url: String?
  @Flag(help: "Show the commands that went over the wire.") var wire = false
  @Flag(help: "One JSON document on standard output.") var json = false

  func validate() throws {
    if wire, url != nil {
      throw ValidationError("--wire needs the tour's own server: commands are not recorded on a server of yours")
    }
  }

  func run() throws {
    do {
      let root = try ProjectRoot.find()
      let known = try Tour.patterns(root: root)
      if let unknown = pattern.first(where: { !known.contains($0) }) {
        let hint = Suggestion.nearest(to: unknown, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw ValidationError("no pattern is called '\(unknown)'.\(hint) There are: \(known.joined(separator: ", ")).")
      }
      var options = Tour.Options()
      options.patterns = pattern.isEmpty ? nil : pattern
      options.recordsWire = wire
      if let url { options.place = .server(try RedisURL(url)) }
      try show(root, options)
    } catch let error where Failure.isOurs(error) {
      let failure = Failure(error)
      say("redis-patterns tour: \(failure.message)")
      if json { try emit(try JSONText.of(Stopped(status: Int(failure.status.rawValue), error: failure.message))) }
      throw failure.status
    }
  }

  private func show(_ root: URL, _ options: Tour.Options) throws {
    let text = TourText(style: TerminalStyle(for: STDOUT_FILENO))
    let progress = ProgressLine()
    let json = json
    // Who stops reading must not end us in the middle of somebody's server.
    signal(SIGPIPE, SIG_IGN)
    let tour = Tour(root: root, options: options) { event in
      progress.clear()
      switch event {
      case .progress(let line): progress.show(line)
      case .begun(let server, let python, let number):
        if !json { try emit(text.head(server, python, protocolNumber: number)) }
      case .pattern(let report): if !json { try emit(text.pattern(report)) }
      }
    }
    let remains = tour.namespace.map {
      "stopped before it had cleaned up: keys of the namespace \($0) may remain on the server; remove \($0):*"
    }
    try runAsync(remains: remains) {
      defer { progress.clear() }
      let report = try await tour.run()
      try emit(json ? try JSONText.of(report) : text.foot(report))
      if report.verdict == .fail { throw ExitCode.checkFailed }
    }
  }

  /// What `--json` prints when the tour could not be made.
  private struct Stopped: Encodable {
    let schema = 1
    let verdict = "STOPPED"
    let status: Int
    let error: String
  }
}

/// One line on a terminal that says what is under way; nothing where standard error is no terminal.
private struct ProgressLine: Sendable {
  private let isOn = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  func show(_ text: String) { if isOn { write("\r\u{1B}[K\(text.prefix(78))") } }
  func clear() { if isOn { write("\r\u{1B}[K") } }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
