import Foundation
import Hiredis
import PatternExamples
import PythonBridge
import RESP
import Synchronization

/// A pattern's example in the documentation: one story, told by each language on the same keys.
public struct Example: Sendable {
  public let pattern: String
  private let root: URL
  private let inSwift: @Sendable (RedisClient, String, @escaping @Sendable (String) -> Void) async throws -> Void

  /// The example of a pattern; nil where none is written yet.
  public init?(pattern: String, root: URL) {
    switch pattern {
    case "caching": inSwift = { try await CachingExample.run(on: $0, namespace: $1, say: $2) }
    case "locks": inSwift = { try await LocksExample.run(on: $0, namespace: $1, say: $2) }
    case "structures": inSwift = { try await StructuresExample.run(on: $0, namespace: $1, say: $2) }
    case "operations": inSwift = { try await OperationsExample.run(on: $0, namespace: $1, say: $2) }
    case "pubsub": inSwift = { try await PubSubExample.run(on: $0, namespace: $1, say: $2) }
    case "streams": inSwift = { try await StreamsExample.run(on: $0, namespace: $1, say: $2) }
    case "rate_limiting": inSwift = { try await RateLimitingExample.run(on: $0, namespace: $1, say: $2) }
    case "sessions": inSwift = { try await SessionsExample.run(on: $0, namespace: $1, say: $2) }
    default: return nil
    }
    self.pattern = pattern
    self.root = root
  }

  /// The file that runs, relative to the checkout.
  public var pythonFile: URL { root.appending(path: "docs/examples/python/\(pattern).py") }

  /// The lines that every language must print.
  public func golden() throws -> [String] {
    let text = try String(contentsOf: root.appending(path: "docs/examples/output/\(pattern).txt"), encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).droppingLastEmpty
  }

  /// What it prints in Swift.
  public func swiftTranscript(url: RedisURL, namespace: String) async throws -> [String] {
    let redis = try RedisClient(url)
    defer { redis.close() }
    let lines = Lines()
    try await inSwift(redis, namespace) { lines.append($0) }
    return lines.all
  }

  /// What it prints in Python, inside this process.
  public func pythonTranscript(url: RedisURL, namespace: String) async throws -> [String] {
    let run = try await PythonInterpreter.call(
      "redis_patterns._example", "run",
      [["file": .string(pythonFile.path), "url": .string(url.forPython), "namespace": .string(namespace)]])
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
