import Foundation
import PythonBridge
import RESP
import RedisPatternsTesting

/// Shows every pattern in both languages on one Redis, and judges whether they agree.
public struct Tour: Sendable {
  public enum Place: Sendable {
    /// A server that the tour starts and ends.
    case ownServer
    /// Somebody's server: a random namespace of it, which is removed again.
    case server(RedisURL)
  }

  public struct Options: Sendable {
    public var place = Place.ownServer
    /// The patterns to show; nil for all.
    public var patterns: [String]?
    public var recordsWire = false
    public init() {}
  }

  /// What is told while the tour runs.
  public enum Event: Sendable {
    case begun(TourReport.Server, TourReport.Python, protocolNumber: Int)
    /// Something is under way: `locks: 3/14`.
    case progress(String)
    case pattern(PatternReport)
  }

  private let root: URL
  private let options: Options
  private let tell: @Sendable (Event) throws -> Void
  /// What our keys on somebody's server begin with; nil on a server of our own.
  public let namespace: String?

  /// - Parameter tell: what it throws ends the tour, which then cleans up.
  public init(root: URL, options: Options, tell: @escaping @Sendable (Event) throws -> Void) {
    self.root = root
    self.options = options
    self.tell = tell
    namespace =
      if case .server = options.place {
        "tour-" + (0..<16).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
      } else {
        nil
      }
  }

  /// The patterns that have scenarios, in the order of the house.
  public static func patterns(root: URL) throws -> [String] {
    let order = [
      "caching", "sessions", "rate_limiting", "locks", "pubsub", "streams", "structures", "operations",
    ]
    let found = Set(try Scenario.all(root: root).map(\.pattern))
    return order.filter(found.contains) + found.subtracting(order).sorted()
  }

  /// - Throws: `PythonStartError`, `RedisServerError`, `RedisError` when the tour cannot begin or the server goes away;
  ///   `CancellationError`. In every case nothing of it stays behind.
  public func run() async throws -> TourReport {
    let clock = ContinuousClock()
    let start = clock.now
    let python = try await PythonLanguage(root: root)
    switch options.place {
    case .ownServer:
      let server = try await RedisServer.start()
      defer { server.close() }
      let stage = try ParityStage(owning: server)
      return try await run(on: stage, python, isPrivate: true) { clock.now - start }
    case .server(let url):
      let stage = try ParityStage(sharing: url, namespace: namespace ?? "tour")
      return try await run(on: stage, python, isPrivate: false) { clock.now - start }
    }
  }

  private func run(
    on stage: ParityStage, _ python: PythonLanguage, isPrivate: Bool, elapsed: () -> Duration
  ) async throws -> TourReport {
    defer { stage.close() }
    let server = TourReport.Server(
      version: try await stage.serverVersion(), isPrivate: isPrivate, address: stage.redis.address)
    let versions = try await python.versions()
    let number = try protocolNumber()
    try tell(.begun(server, versions, protocolNumber: number))
    var reports: [PatternReport] = []
    for name in try options.patterns ?? Self.patterns(root: root) {
      let tour = PatternTour(name: name, root: root, stage: stage, python: python, recordsWire: options.recordsWire)
      let report = try await tour.run { try? tell(.progress($0)) }
      try tell(.pattern(report))
      reports.append(report)
    }
    let passed = !reports.isEmpty && reports.allSatisfy { $0.verdict == .pass }
    return TourReport(
      verdict: passed ? .pass : .fail, server: server, python: versions, protocolNumber: number, patterns: reports,
      seconds: elapsed().seconds)
  }

  private func protocolNumber() throws -> Int {
    let text = try String(contentsOf: root.appending(path: "lua/PROTOCOL"), encoding: .utf8)
    guard let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw ParityError("lua/PROTOCOL holds no number")
    }
    return number
  }
}

extension Duration {
  /// For people and reports; rounded to the millisecond.
  var seconds: Double {
    (Double(components.seconds) * 1000 + Double(components.attoseconds / 1_000_000_000_000_000)) / 1000
  }
}

extension ParityStage {
  /// As INFO says it, or `unknown` where INFO is not allowed.
  func serverVersion() async throws(RedisError) -> String {
    do throws(RedisError) {
      let info = try await redis.execute(RESPCommand("INFO", "server")).string ?? ""
      return info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }.map {
        String($0.dropFirst(14))
      }
        ?? "unknown"
    } catch {
      guard error.code == .permission else { throw error }
      return "unknown"
    }
  }
}

extension PythonLanguage {
  func versions() async throws -> TourReport.Python {
    TourReport.Python(
      version: try await PythonInterpreter.call("platform", "python_version").string ?? "unknown",
      redisPy: try await PythonInterpreter.call("importlib.metadata", "version", ["redis"]).string ?? "unknown")
  }
}
