import Foundation
import PythonBridge
import RESP

/// The Python package inside this process, through the bridge.
public struct PythonLanguage: ParityLanguage {
  public let name = "Python"

  /// Starts Python with the package of a checkout, or of the environment where that holds one.
  /// - Throws: `PythonStartError`, which says what to install.
  public init(root: URL) async throws {
    guard let checkout = PythonCheckout.find(near: [root.path]) else {
      throw PythonStartError("\(root.path) is no checkout of redis-patterns", remedy: "set REDIS_PATTERNS_ROOT")
    }
    try await PythonInterpreter.start(checkout.configuration)
    do {
      try await PythonInterpreter.callDiscardingResult("importlib", "import_module", ["redis_patterns._scenario"])
    } catch let error as PythonError where error.type == "ModuleNotFoundError" {
      throw PythonStartError("\(error.message) (\(checkout.venv ?? "no virtual environment"))", remedy: Self.remedy)
    }
  }

  /// How to get what the Python side needs.
  public static let remedy = "run: scripts/bootstrap"

  public func play(_ scenario: Scenario, steps: Range<Int>, on url: RedisURL) async throws -> [JSONValue] {
    let context = PythonContext.of(scenario, steps: steps, url: url)
    let answer = try await PythonInterpreter.call("redis_patterns._scenario", "run", [PythonValue(context)])
    return try PythonContext.outcomes(JSONValue(answer), count: steps.count)
  }
}

/// What `redis_patterns._scenario.run` takes and gives, in process and over a pipe alike.
enum PythonContext {
  static func of(_ scenario: Scenario, steps: Range<Int>, url: RedisURL) -> JSONValue {
    [
      "url": .string(url.forPython), "scenario": scenario.json,
      "from": .int(Int64(steps.lowerBound)), "to": .int(Int64(steps.upperBound)),
    ]
  }

  static func outcomes(_ answer: JSONValue, count: Int) throws -> [JSONValue] {
    guard let outcomes = answer["outcomes"]?.array, outcomes.count == count else {
      throw ParityError("Python answered \(answer.text) to \(count) steps")
    }
    return outcomes
  }
}

/// The comparison itself could not be made.
public struct ParityError: Error, Sendable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

extension RedisURL {
  /// The text that redis-py reads: it knows none of our options.
  var forPython: String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    func escape(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text }
    let secret = password.map { "\(escape(user ?? "")):\(escape($0))@" } ?? user.map { "\(escape($0))@" } ?? ""
    switch endpoint {
    case .tcp(let host, let port):
      let host = host.contains(":") ? "[\(host)]" : host
      return "\(tls ? "rediss" : "redis")://\(secret)\(host):\(port)/\(database)"
    case .unixSocket(let path):
      allowed.insert("/")
      return "unix://\(secret)\(escape(path))?db=\(database)"
    }
  }
}

extension PythonValue {
  init(_ value: JSONValue) {
    switch value {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(Int(value))
    case .string(let value): self = .string(value)
    case .array(let items): self = .list(items.map(PythonValue.init))
    case .object(let fields):
      self = .dict(Dictionary(uniqueKeysWithValues: fields.map { (.string($0), PythonValue($1)) }))
    }
  }
}

extension JSONValue {
  /// What JSON has no form for stands as its description, so that it differs from everything.
  init(_ value: PythonValue) {
    switch value {
    case .none: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(Int64(value))
    case .string(let value): self = .string(value)
    case .list(let items), .tuple(let items): self = .array(items.map { JSONValue($0) })
    case .dict(let fields):
      self = .object(
        Dictionary(fields.map { ($0.key.string ?? "\($0.key)", JSONValue($0.value)) }) { first, _ in first })
    case .bigInt, .double, .bytes: self = .string("\(value)")
    }
  }
}
