import Foundation

/// A live vector: steps of two actors in virtual time, the outcome of each, and the keyspace they leave.
public struct Scenario: Sendable, Hashable {
  public enum Action: Sendable, Hashable {
    /// A pattern's operation, as `Tests/Conformance/README.md` lists them.
    case operation(String, given: JSONValue)
    /// A raw command: something happens to the server.
    case server([String])
  }

  public struct Step: Sendable, Hashable {
    /// `a` or `b`; a server step has none.
    public var by: String
    /// Microseconds after the scenario's start.
    public var atUs: Int64
    public var action: Action
    public var expect: JSONValue?

    public init(by: String = "", atUs: Int64, action: Action, expect: JSONValue? = nil) {
      self.by = by
      self.atUs = atUs
      self.action = action
      self.expect = expect
    }
  }

  public var pattern: String
  public var name: String
  public var startUs: Int64
  public var steps: [Step]
  /// The expected keyspace, one object a key.
  public var leaves: [JSONValue]

  public init(pattern: String, name: String, startUs: Int64, steps: [Step], leaves: [JSONValue]) {
    self.pattern = pattern
    self.name = name
    self.startUs = startUs
    self.steps = steps
    self.leaves = leaves
  }

  /// Steps that act on the server itself, so that only a private one will do.
  public var needsPrivateServer: Bool {
    steps.contains { if case .server = $0.action { true } else { false } }
  }

  /// The same scenario with one more namespace before every name, for servers that others use too: `shop` becomes
  /// `<namespace>.shop`. What it `leaves` keeps its names.
  public func inNamespace(_ namespace: String) -> Scenario {
    var copy = self
    copy.steps = steps.map { step in
      guard case .operation(let name, .object(var given)) = step.action else { return step }
      given["namespace"] = .string(given["namespace"]?.string.map { "\(namespace).\($0)" } ?? namespace)
      var step = step
      step.action = .operation(name, given: .object(given))
      return step
    }
    return copy
  }
}

extension Scenario: Codable {
  private enum Key: String, CodingKey {
    case name, steps, leaves
    case startUs = "start_us"
  }

  /// Reads a case of a vector file; `pattern` stands in the file, not in the case.
  public init(from decoder: any Decoder) throws {
    let box = try decoder.container(keyedBy: Key.self)
    self.init(
      pattern: "", name: try box.decode(String.self, forKey: .name),
      startUs: try box.decode(Int64.self, forKey: .startUs),
      steps: try box.decode([Step].self, forKey: .steps),
      leaves: try box.decodeIfPresent([JSONValue].self, forKey: .leaves) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var box = encoder.container(keyedBy: Key.self)
    try box.encode(name, forKey: .name)
    try box.encode(startUs, forKey: .startUs)
    try box.encode(steps, forKey: .steps)
    try box.encode(leaves, forKey: .leaves)
  }
}

extension Scenario.Step: Codable {
  private enum Key: String, CodingKey {
    case by, operation, given, expect, server
    case atUs = "at_us"
  }

  public init(from decoder: any Decoder) throws {
    let box = try decoder.container(keyedBy: Key.self)
    by = try box.decodeIfPresent(String.self, forKey: .by) ?? ""
    atUs = try box.decodeIfPresent(Int64.self, forKey: .atUs) ?? 0
    expect = try box.decodeIfPresent(JSONValue.self, forKey: .expect)
    if let command = try box.decodeIfPresent([String].self, forKey: .server) {
      action = .server(command)
    } else {
      action = .operation(
        try box.decode(String.self, forKey: .operation),
        given: try box.decodeIfPresent(JSONValue.self, forKey: .given) ?? [:])
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var box = encoder.container(keyedBy: Key.self)
    if !by.isEmpty { try box.encode(by, forKey: .by) }
    switch action {
    case .operation(let name, let given):
      try box.encode(atUs, forKey: .atUs)
      try box.encode(name, forKey: .operation)
      try box.encode(given, forKey: .given)
    case .server(let command): try box.encode(command, forKey: .server)
    }
    try box.encodeIfPresent(expect, forKey: .expect)
  }
}

extension Scenario {
  /// Every live scenario below `Tests/Conformance`, in the order of files and cases.
  public static func all(root: URL) throws -> [Scenario] {
    try VectorFile.all(root: root).filter { $0.kind == "scenarios" }.flatMap { try $0.scenarios() }
  }
}
