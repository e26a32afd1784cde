/// A key that was looked at, and what it is.
struct SeenKey: Sendable {
  let key: DoctorFacts.Key
  let contract: KeyContract?
  let template: String
  let kind: String?
  let role: String

  var isImmortal: Bool { key.ttlMs == -1 }
  /// Of another program.
  var isForeign: Bool { contract == nil }
}

extension [SeenKey] {
  /// The template of most of the keys; of equals the first by name.
  var commonest: String {
    Dictionary(grouping: self, by: \.template)
      .min { ($1.value.count, $0.key) < ($0.value.count, $1.key) }?.key ?? ""
  }
}

/// The facts, with every key named.
struct DoctorView: Sendable {
  let facts: DoctorFacts
  /// Names of connections that must be subscribed.
  let expected: [String]
  let keys: [SeenKey]

  init(_ facts: DoctorFacts, expected: [String]) {
    self.facts = facts
    self.expected = expected
    let contracts = facts.keys.map { KeyContract.of($0.name, type: $0.type) }
    let shapes = KeyName.shapes(zip(facts.keys, contracts).filter { $1 == nil }.map { $0.0.name })
    keys = zip(facts.keys, contracts).map { key, contract in
      let checklist = Checklist.shared
      if let contract {
        return SeenKey(
          key: key, contract: contract, template: contract.template, kind: checklist.patterns[contract.pattern],
          role: contract.role)
      }
      let kind = KeyName.kind(of: key.name)
      let role = key.type == "stream" ? "coordination" : kind.flatMap { checklist.roles[$0] } ?? "other"
      return SeenKey(key: key, contract: nil, template: shapes[key.name] ?? "<id>", kind: kind, role: role)
    }
  }

  var sampled: Int64 { Int64(keys.count) }
  var total: Int64 { facts.keysTotal ?? sampled }

  /// A number of INFO; 0 where the server does not say it.
  func number(_ name: String) -> Int64 { facts.info?[name].flatMap { Int64($0) } ?? 0 }

  func calls(_ verb: String) -> Int64 { facts.commands?[verb] ?? 0 }

  func keys(ofKind kind: String) -> [SeenKey] { keys.filter { $0.kind == kind } }

  /// Which of the commands the server refused, with their codes; empty when none.
  func refused(_ commands: [String]) -> String {
    commands.compactMap { name in facts.refused[name].map { "\(name) (\($0))" } }.joined(separator: ", ")
  }
}

/// Collects the evidence and the findings of one item.
struct DoctorFindings {
  let entry: Checklist.Entry
  private var found: [DoctorReport.Finding] = []
  /// Whether there is something to judge.
  var hasSubject = true
  var evidence: [String: DoctorReport.Evidence] = [:]

  init(_ entry: Checklist.Entry) { self.entry = entry }

  /// Its id and evidence come from the rule, its words from the checklist.
  mutating func add(_ name: String, _ evidence: [String: DoctorReport.Evidence] = [:]) {
    guard let words = entry.findings[name] else { preconditionFailure("no finding \(entry.id).\(name)") }
    func filled(_ template: String) -> String {
      evidence.sorted { $0.key < $1.key }.reduce(template) { text, part in
        text.replacing("{\(part.key)}", with: part.value.words)
      }
    }
    found.append(
      DoctorReport.Finding(
        id: "\(entry.id).\(name)", severity: words.severity, says: filled(words.says), evidence: evidence,
        reason: words.reason, fix: filled(words.fix), cost: words.cost))
  }

  /// Adds that something could not be asked, and says whether that is so.
  mutating func addRefusal(_ view: DoctorView, _ commands: String...) -> Bool {
    let refused = view.refused(commands)
    if !refused.isEmpty { add("refused", ["refused": .text(refused)]) }
    return !refused.isEmpty
  }

  func item(number: Int, commands: Int) -> DoctorReport.Item {
    let findings = found.sorted { ($1.severity, $0.id) < ($0.severity, $1.id) }
    return DoctorReport.Item(
      number: number, id: entry.id, title: entry.title,
      status: findings.first?.severity ?? (hasSubject ? .ok : .none), evidence: evidence, findings: findings,
      commands: commands)
  }
}

extension DoctorReport.Evidence {
  static func count(_ items: some Collection) -> Self { .number(Int64(items.count)) }
}
