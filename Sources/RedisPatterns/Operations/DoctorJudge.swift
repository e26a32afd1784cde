/// From facts to a report: pure, so that both languages are held to the same vectors.
package enum DoctorJudge {
  /// Names of numbers that change from one look to the next.
  package static var moving: Set<String> { Checklist.shared.moving }

  private typealias Rule = (DoctorView, inout DoctorFindings) -> Void

  /// - Parameters:
  ///   - only: the ids of the items to judge; none means all.
  ///   - expected: names of connections that must be subscribed.
  ///   - sent: how many commands each group of questions took.
  package static func report(
    _ facts: DoctorFacts, only: [String] = [], expected: [String] = [], sent: [String: Int] = [:],
    cost: DoctorReport.Cost = .init(commands: 0, roundTrips: 0, elapsedMilliseconds: 0)
  ) -> DoctorReport {
    let view = DoctorView(facts, expected: expected)
    let items = Checklist.shared.items.enumerated().compactMap { at, entry -> DoctorReport.Item? in
      guard only.isEmpty || only.contains(entry.id) else { return nil }
      var findings = DoctorFindings(entry)
      rule(entry.id)(view, &findings)
      return findings.item(number: at + 1, commands: entry.groups.reduce(0) { $0 + (sent[$1] ?? 0) })
    }
    let info = facts.info ?? [:]
    return DoctorReport(
      server: .init(
        version: info["redis_version"] ?? "?", role: info["role"] ?? "?", mode: info["redis_mode"] ?? "?"),
      sample: .init(
        database: facts.database, keys: view.total, sampled: view.keys.count, complete: facts.complete),
      templates: templates(view), items: items, cost: cost)
  }

  private static func rule(_ item: String) -> Rule {
    switch item {
    case "ttl": ttl
    case "pooling": pooling
    case "scripts": scripts
    case "stampede": stampede
    case "limiter": limiter
    case "locks": locks
    case "memory": memory
    case "slowlog": slowlog
    case "subscribers": subscribers
    case "streams": streams
    case "sensitive": sensitive
    case "naming": naming
    default: preconditionFailure("no rule for \(item)")
    }
  }

  private static func templates(_ view: DoctorView) -> [DoctorReport.Template] {
    let groups = Dictionary(grouping: view.keys, by: \.template)
    let ranked = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    return ranked.prefix(Checklist.shared.bound("templates")).map { name, seen in
      let measured = seen.compactMap(\.key.memory)
      let share = Double(seen.count) / Double(view.keys.count)
      let half = view.facts.complete ? 0 : 1.96 * (share * (1 - share) / Double(view.keys.count)).squareRoot()
      let roles = Set(seen.map(\.role))
      return DoctorReport.Template(
        template: name, keys: seen.count, role: roles.count == 1 ? seen[0].role : "other",
        library: seen.allSatisfy { !$0.isForeign }, types: Set(seen.map(\.key.type)).sorted(),
        withoutTTL: seen.count(where: \.isImmortal), memoryKeys: measured.count,
        memoryBytes: measured.reduce(0, &+), sharePermille: seen.count * 1000 / view.keys.count,
        halfWidthPermille: Int((1000 * half + 0.5).rounded(.down)))
    }
  }
}
