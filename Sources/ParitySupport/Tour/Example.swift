import Foundation
import Hiredis
import PatternExamples
import PythonBridge
import RESP
import Synchronization

/// A pattern's example in the documentation: one story, told by each language on the same keys.
public struct Example: Sendable {
  /// Where it plays.
  enum Place: Sendable {
    case server(RedisURL)
    /// Several independent servers.
    case nodes([String])
  }

  private typealias Say = @Sendable (String) -> Void

  private enum Story: Sendable {
    case server(@Sendable (RedisClient, String, @escaping Say) async throws -> Void)
    case nodes(@Sendable ([RedisClient], String, @escaping Say) async throws -> Void)
  }

  /// The name of its files, without their endings.
  public let name: String
  private let root: URL
  private let story: Story

  /// The example of a pattern; nil where none is written yet.
  public init?(pattern: String, root: URL) { self.init(pattern, root) }

  /// The example that bears the pattern's name, and those beside it.
  public static func all(of pattern: String, root: URL) -> [Example] {
    let beside = pattern == "locks" ? ["redlock"] : []
    return ([pattern] + beside).compactMap { Example($0, root) }
  }

  private init?(_ name: String, _ root: URL) {
    switch name {
    case "caching": story = .server { try await CachingExample.run(on: $0, namespace: $1, say: $2) }
    case "locks": story = .server { try await LocksExample.run(on: $0, namespace: $1, say: $2) }
    case "redlock": story = .nodes { try await RedlockExample.run(on: $0, namespace: $1, say: $2) }
    case "structures": story = .server { try await StructuresExample.run(on: $0, namespace: $1, say: $2) }
    case "operations": story = .server { try await OperationsExample.run(on: $0, namespace: $1, say: $2) }
    case "pubsub": story = .server { try await PubSubExample.run(on: $0, namespace: $1, say: $2) }
    case "streams": story = .server { try await StreamsExample.run(on: $0, namespace: $1, say: $2) }
    case "rate_limiting": story = .server { try await RateLimitingExample.run(on: $0, namespace: $1, say: $2) }
    case "sessions": story = .server { try await SessionsExample.run(on: $0, namespace: $1, say: $2) }
    default: return nil
    }
    self.name = name
    self.root = root
  }

  /// It plays on several servers of its own, not on the stage's.
  var needsNodes: Bool { if case .nodes = story { true } else { false } }

  /// The file that runs, relative to the checkout.
  public var pythonFile: URL { root.appending(path: "docs/examples/python/\(name).py") }

  /// The lines that every language must print.
  public func golden() throws -> [String] {
    let text = try String(contentsOf: root.appending(path: "docs/examples/output/\(name).txt"), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).droppingLastEmpty
  }

  /// What it prints in Swift.
  func swiftTranscript(_ place: Place, namespace: String) async throws -> [String] {
    let lines = Lines()
    switch (story, place) {
    case (.server(let tell), .server(let url)):
      let redis = try RedisClient(url)
      defer { redis.close() }
      try await tell(redis, namespace) { lines.append($0) }
    case (.nodes(let tell), .nodes(let urls)):
      let nodes = try urls.map { try RedisClient($0) }
      defer { for node in nodes { node.close() } }
      try await tell(nodes, namespace) { lines.append($0) }
    default: throw ParityError("\(name) does not play there")
    }
    return lines.all
  }

  /// What it prints in Python, inside this process.
  func pythonTranscript(_ place: Place, namespace: String) async throws -> [String] {
    let spot: (PythonValue, PythonValue) =
      switch place {
      case .server(let url): ("url", .string(url.forPython))
      case .nodes(let urls): ("nodes", .list(urls.map { .string($0) }))
      }
    let run = try await PythonInterpreter.call(
      "redis_patterns._example", "run",
      [["file": .string(pythonFile.path), spot.0: spot.1, "namespace": .string(namespace)]])
    return run["transcript"]?.elements?.compactMap(\.string) ?? []
  }

  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }
}

extension PythonValue {
  fileprivate subscript(_ name: String) -> PythonValue? { self[.string(name)] }
}

extension [String] {
  fileprivate var droppingLastEmpty: [String] { last == "" ? Array(dropLast()) : self }
}
