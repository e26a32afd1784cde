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

extension Scenario {
  /// Reads a case of a vector file; nil when it has not the form of one.
  init?(pattern: String, case json: JSONValue) {
    guard let name = json["name"]?.string, let startUs = json["start_us"]?.int, let steps = json["steps"]?.array
    else { return nil }
    let read = steps.compactMap(Step.init(json:))
    guard read.count == steps.count else { return nil }
    self.init(
      pattern: pattern, name: name, startUs: startUs, steps: read, leaves: json["leaves"]?.array ?? [])
  }

  /// The case as a vector file has it.
  public var json: JSONValue {
    [
      "name": .string(name), "start_us": .int(startUs), "steps": .array(steps.map(\.json)),
      "leaves": .array(leaves),
    ]
  }
}

extension Scenario.Step {
  fileprivate init?(json: JSONValue) {
    if let words = json["server"]?.array {
      self.init(by: json["by"]?.string ?? "", atUs: 0, action: .server(words.compactMap(\.string)))
    } else {
      guard let by = json["by"]?.string, let atUs = json["at_us"]?.int, let name = json["operation"]?.string
      else { return nil }
      self.init(
        by: by, atUs: atUs, action: .operation(name, given: json["given"] ?? [:]), expect: json["expect"])
    }
  }

  fileprivate var json: JSONValue {
    var fields: [String: JSONValue] = [:]
    if !by.isEmpty { fields["by"] = .string(by) }
    switch action {
    case .operation(let name, let given):
      fields["at_us"] = .int(atUs)
      fields["operation"] = .string(name)
      fields["given"] = given
      fields["expect"] = expect
    case .server(let command): fields["server"] = .array(command.map(JSONValue.string))
    }
    return .object(fields)
  }
}

extension Scenario {
  /// Every live scenario below `Tests/Conformance`, in the order of files and cases.
  public static func all(root: URL) throws -> [Scenario] {
    try VectorFile.all(root: root).filter { $0.kind == "scenarios" }.flatMap { try $0.scenarios() }
  }
}
