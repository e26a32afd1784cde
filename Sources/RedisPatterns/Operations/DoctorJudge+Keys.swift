extension DoctorJudge {
  static func ttl(_ view: DoctorView, _ found: inout DoctorFindings) {
    _ = found.addRefusal(view, "SCAN", "TYPE", "PTTL")
    let limit = Checklist.shared.threshold("collection_elements")
    let immortal = view.keys.filter { $0.isImmortal && $0.contract?.expires != false }
    let promised = Dictionary(grouping: immortal.filter { !$0.isForeign }, by: \.template)
    for (template, keys) in promised.sorted(by: { $0.key < $1.key }) {
      found.add("contract", ["keys": .count(keys), "template": .text(template)])
    }
    let strings = immortal.filter { $0.isForeign && $0.key.type == "string" }
    if !strings.isEmpty {
      found.add(
        "strings", ["keys": .count(strings), "sampled": .number(view.sampled), "template": .text(strings.commonest)])
    }
    let collections = immortal.filter { $0.isForeign && $0.key.type != "string" }
    let large = collections.filter { ($0.key.size ?? 0) > limit }
    if let largest = large.min(by: { ($1.key.size ?? 0, $0.template) < ($0.key.size ?? 0, $1.template) }) {
      found.add(
        "large",
        [
          "keys": .count(large), "limit": .number(limit), "template": .text(largest.template),
          "elements": .number(largest.key.size ?? 0),
        ])
    }
    let small = collections.filter { ($0.key.size ?? 0) <= limit }
    if !small.isEmpty { found.add("unbounded", ["keys": .count(small), "template": .text(small.commonest)]) }
    found.evidence = [
      "keys": .number(view.total), "sampled": .number(view.sampled), "complete": .flag(view.facts.complete),
    ]
    found.hasSubject = view.total > 0
    guard let without = withoutEnd(view) else { return }
    found.evidence["without_ttl"] = .number(without)
    if without > 0, !view.facts.complete, !view.keys.contains(where: \.isImmortal) {
      found.add("unsampled", ["without_ttl": .number(without), "sampled": .number(view.sampled)])
    }
  }

  /// Exactly how many keys of the database have no end, by the server's own count.
  private static func withoutEnd(_ view: DoctorView) -> Int64? {
    guard let database = view.facts.database, let line = view.facts.info?["db\(database)"] else { return nil }
    func number(_ name: String) -> Int64 {
      line.split(separator: ",").first { $0.hasPrefix(name + "=") }.flatMap { Int64($0.dropFirst(name.count + 1)) } ?? 0
    }
    return number("keys") - number("expires")
  }

  static func stampede(_ view: DoctorView, _ found: inout DoctorFindings) {
    let entries = view.keys(ofKind: "cache")
    let unsure = addUnsampled(view, &found, entries)
    let checklist = Checklist.shared
    let ends = Dictionary(grouping: entries.filter { $0.key.endsMs != nil }, by: \.template)
    for (template, keys) in ends.sorted(by: { $0.key < $1.key }) {
      let permille = fullestSecond(keys.compactMap(\.key.endsMs)) * 1000 / Int64(keys.count)
      if keys.count >= checklist.threshold("same_second_keys"), permille >= checklist.threshold("same_second_permille")
      {
        found.add("same_second", ["permille": .number(permille), "template": .text(template)])
      }
    }
    let foreign = entries.filter(\.isForeign)
    if !foreign.isEmpty { found.add("foreign", ["keys": .count(foreign)]) }
    found.evidence = ["cache": .count(entries), "library": .number(Int64(entries.count - foreign.count))]
    found.hasSubject = !entries.isEmpty || unsure
  }

  /// The most of the times that lie within one second.
  private static func fullestSecond(_ times: [Int64]) -> Int64 {
    let times = times.sorted()
    var (most, end) = (0, 0)
    for (at, start) in times.enumerated() {
      while end < times.count, times[end] <= start &+ 999 { end += 1 }
      most = max(most, end - at)
    }
    return Int64(most)
  }

  static func limiter(_ view: DoctorView, _ found: inout DoctorFindings) {
    let limits = view.keys(ofKind: "limiter")
    let unsure = addUnsampled(view, &found, limits)
    let foreign = limits.filter(\.isForeign)
    let counters = foreign.filter { $0.key.encoding == "int" }
    for (name, keys) in [
      ("permanent", counters.filter(\.isImmortal)), ("naive", counters.filter { !$0.isImmortal }),
      ("foreign", foreign.filter { $0.key.encoding != "int" }),
    ] where !keys.isEmpty {
      found.add(name, ["keys": .count(keys), "template": .text(keys.commonest)])
    }
    found.evidence = ["limits": .count(limits), "library": .number(Int64(limits.count - foreign.count))]
    found.hasSubject = !limits.isEmpty || unsure
  }

  static func locks(_ view: DoctorView, _ found: inout DoctorFindings) {
    let locks = view.keys(ofKind: "lock")
    let unsure = addUnsampled(view, &found, locks)
    let (token, longest) = (Checklist.shared.threshold("token_bytes"), Checklist.shared.threshold("lock_ms"))
    let foreign = locks.filter(\.isForeign)
    let own = locks.filter { $0.contract?.name == "lock" }
    func isText(_ seen: SeenKey) -> Bool { seen.key.type == "string" && seen.key.size != nil }
    let strings = foreign.filter(isText)
    let immortal = locks.filter { $0.isImmortal && $0.contract?.expires != false }
    let noToken = strings.filter { ($0.key.size ?? 0) < token }
    let noFence = strings.filter { ($0.key.size ?? 0) >= token }
    let unknown =
      foreign.filter { !isText($0) && $0.key.fenced != true } + own.filter { $0.key.fenced == false }
    let long = (foreign + own).filter { $0.key.ttlMs > longest }
    if !immortal.isEmpty { found.add("immortal", ["keys": .count(immortal), "template": .text(immortal.commonest)]) }
    if !noToken.isEmpty {
      found.add(
        "no_token", ["keys": .count(noToken), "least": .number(token), "template": .text(noToken.commonest)])
    }
    if !noFence.isEmpty { found.add("no_fence", ["keys": .count(noFence), "template": .text(noFence.commonest)]) }
    if !unknown.isEmpty { found.add("unsure", ["keys": .count(unknown), "template": .text(unknown.commonest)]) }
    if !long.isEmpty {
      found.add("long", ["keys": .count(long), "limit_ms": .number(longest), "template": .text(long.commonest)])
    }
    found.evidence = ["locks": .count(locks), "library": .number(Int64(locks.count - foreign.count))]
    found.hasSubject = !locks.isEmpty || unsure
  }

  /// Adds why nothing can be said when keys of a kind may be among those that were not looked at.
  private static func addUnsampled(_ view: DoctorView, _ found: inout DoctorFindings, _ keys: [SeenKey]) -> Bool {
    if found.addRefusal(view, "SCAN", "TYPE", "PTTL") { return true }
    if !keys.isEmpty || view.facts.complete { return false }
    found.add("unsampled", ["sampled": .number(view.sampled), "keys": .number(view.total)])
    return true
  }
}
