extension DoctorJudge {
  static func sensitive(_ view: DoctorView, _ found: inout DoctorFindings) {
    let unsure = found.addRefusal(view, "SCAN", "TYPE", "PTTL")
    for (name, keys) in [
      ("session", view.keys.filter { $0.isForeign && KeySecrets.namesSession($0.key.name) }),
      ("token", view.keys.filter { KeySecrets.holdsToken($0.key.name) }),
      ("card", view.keys.filter { KeySecrets.holdsCard($0.key.name) }),
      ("email", view.keys.filter { KeySecrets.holdsEmail($0.key.name) }),
    ] where !keys.isEmpty {
      // The shape and the length: the name itself is the secret.
      let shapes = Set(keys.map { "\($0.template) (\($0.key.name.count) bytes)" }).sorted()
      let examples = shapes.prefix(Checklist.shared.bound("examples")).joined(separator: ", ")
      found.add(name, ["keys": .count(keys), "examples": .text(examples)])
    }
    found.evidence = ["sampled": .number(view.sampled), "keys": .number(view.total)]
    found.hasSubject = !view.keys.isEmpty || unsure
  }

  static func naming(_ view: DoctorView, _ found: inout DoctorFindings) {
    let unsure = found.addRefusal(view, "SCAN", "TYPE", "PTTL")
    let foreign = view.keys.filter(\.isForeign)
    let odd = foreign.filter { !KeyName.followsGrammar($0.key.name) }
    let permille = Int64(odd.count) * 1000 / max(1, view.sampled)
    if permille > Checklist.shared.threshold("odd_permille") {
      found.add(
        "grammar", ["odd": .count(odd), "sampled": .number(view.sampled), "template": .text(odd.commonest)])
    }
    let groups = Dictionary(grouping: foreign, by: \.template).mapValues { Set($0.map(\.key.type)) }
    for (template, types) in groups.sorted(by: { $0.key < $1.key }) where types.count > 1 {
      found.add(
        "mixed_types", ["template": .text(template), "types": .text(types.sorted().joined(separator: ", "))])
    }
    found.evidence = [
      "sampled": .number(view.sampled), "keys": .number(view.total),
      "library": .number(Int64(view.keys.count - foreign.count)), "odd_permille": .number(permille),
    ]
    found.hasSubject = !view.keys.isEmpty || unsure
  }
}
