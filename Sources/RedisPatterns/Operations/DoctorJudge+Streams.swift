extension DoctorJudge {
  static func streams(_ view: DoctorView, _ found: inout DoctorFindings) {
    var unsure = found.addRefusal(view, "SCAN", "TYPE", "PTTL", "XLEN", "XINFO GROUPS", "XPENDING")
    let checklist = Checklist.shared
    let streams = view.keys.filter { $0.key.type == "stream" }
    if !unsure, streams.isEmpty, !view.facts.complete {
      found.add("unsampled", ["sampled": .number(view.sampled), "keys": .number(view.total)])
      unsure = true
    }
    let looked = streams.compactMap { seen in seen.key.stream.map { (seen: seen, stream: $0) } }
    // An event log of the library is read by ranges, not by groups.
    let bare = looked.filter { seen, stream in
      stream.groups.isEmpty && stream.length > 0 && (seen.isForeign || seen.contract?.pattern == "streams")
    }
    if !bare.isEmpty {
      found.add("no_group", ["streams": .count(bare), "template": .text(bare.map(\.seen).commonest)])
    }
    let stuck = looked.flatMap { seen, stream in
      stream.groups.filter { $0.oldestIdleMs >= checklist.threshold("idle_ms") }.map { (seen: seen, group: $0) }
    }
    if !stuck.isEmpty {
      found.add(
        "stuck",
        [
          "entries": .number(stuck.map(\.group.pending).reduce(0, +)),
          "oldest_idle_ms": .number(stuck.map(\.group.oldestIdleMs).max() ?? 0),
          "template": .text(stuck.map(\.seen).commonest),
        ])
    }
    for (seen, stream) in looked {
      let deliveries = stream.groups.map(\.mostDeliveries).max() ?? 0
      if deliveries >= checklist.threshold("deliveries") {
        let isPoison = deliveries >= checklist.threshold("deliveries_critical")
        found.add(
          isPoison ? "poison" : "retried", ["template": .text(seen.template), "deliveries": .number(deliveries)])
      }
      if !stream.groups.isEmpty, stream.length > checklist.threshold("stream_entries"),
        stream.groups.allSatisfy({ $0.pending == 0 })
      {
        found.add("uncapped", ["template": .text(seen.template), "entries": .number(stream.length)])
      }
    }
    let left = view.facts.streamsLeft &+ looked.map(\.stream.left).reduce(0, &+)
    if left > 0 { found.add("partial", ["left": .number(left)]) }
    let groups = looked.flatMap(\.stream.groups)
    found.evidence = [
      "streams": .count(streams), "groups": .count(groups), "pending": .number(groups.map(\.pending).reduce(0, +)),
    ]
    found.hasSubject = !streams.isEmpty || unsure
  }
}
