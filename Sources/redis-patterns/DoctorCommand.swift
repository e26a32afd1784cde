import ArgumentParser
import Foundation
import Hiredis
import RESP
import RedisPatterns

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Judge a live Redis by the checklist for production; it only reads.",
    usage: "redis-patterns doctor [--url <url>] [--json] [--fail-on <status>] [...]",
    discussion: """
      Twelve items, each ok, none (nothing there to judge), unknown, warning or critical, with evidence, reason, fix \
      and its cost. What the server's ACL forbids is unknown, never ok.

      Exit status: 0 better than --fail-on, 1 warning (or unknown, when asked for), 2 critical, 3 could not look (no \
      connection, no login, or nothing was answered), 64 wrong usage, 70 a fault of ours, 130 interrupted, \
      141 nobody read the output, 143 terminated.

      EXAMPLES
        REDIS_URL=redis://127.0.0.1:6390 redis-patterns doctor
        redis-patterns doctor --url redis://127.0.0.1:6390 --json --fail-on critical
        redis-patterns doctor --item memory --item locks
      """)

  enum FailOn: String, ExpressibleByArgument, CaseIterable {
    case critical, warning, unknown, never

    var status: DoctorReport.Status? { DoctorReport.Status(rawValue: rawValue) }
  }

  @Option(
    help: ArgumentHelp("The server. Default: REDIS_URL, where a password is not seen by others.", valueName: "url"))
  var url: String?
  @Flag(help: "One JSON document on standard output; python -m redis_patterns doctor writes the same.") var json = false
  @Option(help: ArgumentHelp("From what on the exit status is not 0.", valueName: "status"))
  var failOn: FailOn = .warning
  @Option(help: ArgumentHelp("Judge this item only; may be repeated.", valueName: "id")) var item: [String] = []
  @Option(help: ArgumentHelp("Look at so many keys at most.", valueName: "count"))
  var maxKeys: Int = DoctorOptions().maxKeys
  @Option(help: ArgumentHelp("Ask for no more keys after so many milliseconds.", valueName: "ms"))
  var maxMs: Int = 2000
  @Option(help: ArgumentHelp("This connection name must be subscribed; may be repeated.", valueName: "name"))
  var subscriber: [String] = []

  func validate() throws {
    if let unknown = item.first(where: { !Doctor.items.contains($0) }) {
      let hint = Suggestion.nearest(to: unknown, among: Doctor.items).map { " Did you mean '\($0)'?" } ?? ""
      throw ValidationError(
        "no item is called '\(unknown)'.\(hint) There are: \(Doctor.items.joined(separator: ", ")).")
    }
    guard (1...10_000_000).contains(maxKeys) else { throw ValidationError("--max-keys is 1 to 10000000") }
    guard (1...3_600_000).contains(maxMs) else { throw ValidationError("--max-ms is 1 to 3600000") }
    if address == nil { throw ValidationError("which server? Give --url, or set REDIS_URL") }
  }

  func run() throws {
    guard let address else { return }
    do {
      try look(RedisURL(address))
    } catch let error as RedisError where error.code != .url && error.code != .argument {
      // Whatever kept it from looking: nothing is known of this server.
      say("redis-patterns doctor: \(error)")
      if json { try emit(DoctorReport.blind(error)) }
      throw ExitCode.noConnection
    }
  }

  private func look(_ url: RedisURL) throws {
    var options = DoctorOptions()
    options.maxKeys = maxKeys
    options.maxTime = .milliseconds(maxMs)
    options.items = item
    options.subscribers = subscriber
    let (json, failOn) = (json, failOn.status)
    try runAsync { [options] in
      let redis = try RedisClient(url)
      defer { redis.close() }
      let report = try await Doctor(on: redis, options: options).examine()
      try emit(json ? report.jsonText : report.text)
      let status = report.exitCode(failOn: failOn)
      if status != 0 { throw ExitCode(status) }
    }
  }

  private var address: String? {
    url ?? ProcessInfo.processInfo.environment["REDIS_URL"].flatMap { $0.isEmpty ? nil : $0 }
  }
}
