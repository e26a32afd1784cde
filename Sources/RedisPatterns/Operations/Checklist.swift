import LuaScripts

/// The checklist as both languages read it: its items, texts, bounds and thresholds stand in `lua/operations/`.
struct Checklist: Sendable {
  /// One item: what it asks for, and the findings that it may have.
  struct Entry: Sendable {
    let id: String
    let title: String
    /// The groups of questions on whose replies it rests.
    let groups: [String]
    let findings: [String: Words]
  }

  /// What a finding says; `{name}` stands for a number of its evidence.
  struct Words: Sendable {
    let severity: DoctorReport.Status
    let says: String
    let reason: String
    let fix: String
    let cost: String
  }

  let items: [Entry]
  /// The only commands that are ever sent.
  let commands: Set<String>
  /// The settings that are asked for.
  let config: [String]
  /// Word of a name → kind of key.
  let kinds: [String: String]
  /// Kind → `coordination` or `cache`.
  let roles: [String: String]
  /// Pattern of the library → kind.
  let patterns: [String: String]
  let secrets: [[UInt8]]
  let heavy: Set<String>
  /// Names of numbers that change from one look to the next.
  let moving: Set<String>
  private let bounds: [String: JSON]
  private let thresholds: [String: JSON]

  static let shared: Checklist = {
    do { return try Checklist(JSONReader.value(LuaContract.checklist.source)) } catch {
      preconditionFailure("the embedded checklist: \(error)")
    }
  }()

  private init(_ data: JSON) {
    func texts(_ value: JSON?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
    let kinds = data["kinds"]?.object ?? [:]
    items = (data["items"]?.array ?? []).map { item in
      Entry(
        id: item["id"]?.string ?? "", title: item["title"]?.string ?? "", groups: texts(item["groups"]),
        findings: (item["findings"]?.object ?? [:]).mapValues(Words.init))
    }
    commands = Set(texts(data["commands"]))
    config = texts(data["config"])
    self.kinds = Dictionary(
      kinds.flatMap { kind, entry in texts(entry["words"]).map { ($0, kind) } }, uniquingKeysWith: { first, _ in first }
    )
    roles = kinds.compactMapValues { $0["role"]?.string }
    patterns = (data["patterns"]?.object ?? [:]).compactMapValues(\.string)
    secrets = texts(data["secrets"]).map { Array($0.utf8) }
    heavy = Set(texts(data["heavy"]))
    moving = Set(texts(data["moving"]))
    bounds = data["bounds"]?.object ?? [:]
    thresholds = data["thresholds"]?.object ?? [:]
  }

  /// How much is looked at, at most.
  func bound(_ name: String) -> Int { Self.number(bounds, name) }

  /// From where on something is a finding.
  func threshold(_ name: String) -> Int64 { Int64(Self.number(thresholds, name)) }

  private static func number(_ numbers: [String: JSON], _ name: String) -> Int {
    guard let value = numbers[name]?.int else { preconditionFailure("the checklist has no number \(name)") }
    return Int(value)
  }
}

extension Checklist.Words {
  fileprivate init(_ data: JSON) {
    severity = data["severity"]?.string.flatMap(DoctorReport.Status.init) ?? .unknown
    says = data["says"]?.string ?? ""
    reason = data["reason"]?.string ?? ""
    fix = data["fix"]?.string ?? ""
    cost = data["cost"]?.string ?? ""
  }
}
