extension DoctorJudge {
  static func pooling(_ view: DoctorView, _ found: inout DoctorFindings) {
    guard !found.addRefusal(view, "INFO") else { return }
    let checklist = Checklist.shared
    let (connections, commands) = (
      view.number("total_connections_received"), view.number("total_commands_processed")
    )
    let (maxclients, rejected) = (view.number("maxclients"), view.number("rejected_connections"))
    let percent = maxclients > 0 ? view.number("connected_clients") * 100 / maxclients : 0
    let ratio = commands / max(1, connections)
    if rejected > 0 { found.add("rejected", ["rejected": .number(rejected)]) }
    if percent >= checklist.threshold("clients_percent") {
      let isCritical = percent >= checklist.threshold("clients_percent_critical")
      found.add(
        isCritical ? "at_limit" : "near_limit",
        ["connected_percent": .number(percent), "maxclients": .number(maxclients)])
    }
    if commands < checklist.threshold("commands_to_judge") {
      found.add("quiet", ["least": .number(checklist.threshold("commands_to_judge"))])
    } else if connections >= checklist.threshold("connections_to_judge"),
      ratio < checklist.threshold("commands_per_connection")
    {
      found.add("churn", ["commands_per_connection": .number(ratio)])
    }
    found.evidence = [
      "connections_received": .number(connections), "commands_processed": .number(commands),
      "commands_per_connection": .number(ratio), "connected_percent": .number(percent),
      "maxclients": .number(maxclients), "rejected": .number(rejected),
    ]
  }

  static func scripts(_ view: DoctorView, _ found: inout DoctorFindings) {
    guard !found.addRefusal(view, "INFO") else { return }
    let checklist = Checklist.shared
    let (byText, byHash, fcall) = (view.calls("eval"), view.calls("evalsha"), view.calls("fcall"))
    let (cached, setnx) = (view.number("number_of_cached_scripts"), view.calls("setnx"))
    let ran = byText &+ byHash &+ fcall
    if setnx > 0 { found.add("setnx", ["calls": .number(setnx)]) }
    if byText >= checklist.threshold("eval_calls"), byText > byHash {
      found.add("eval", ["eval": .number(byText), "evalsha": .number(byHash)])
    }
    if cached > checklist.threshold("cached_scripts") {
      found.add("generated", ["cached_scripts": .number(cached)])
    }
    if ran == 0, setnx == 0, view.total > 0 { found.add("unseen") }
    found.evidence = [
      "eval": .number(byText), "evalsha": .number(byHash), "fcall": .number(fcall), "setnx": .number(setnx),
      "cached_scripts": .number(cached), "library_total": .number(view.facts.scriptsTotal),
    ]
    found.evidence["library_known"] = view.facts.scriptsKnown.map { .number($0) }
    found.hasSubject = ran > 0
  }

  static func memory(_ view: DoctorView, _ found: inout DoctorFindings) {
    guard !found.addRefusal(view, "INFO") else { return }
    let checklist = Checklist.shared
    let policy = view.facts.info?["maxmemory_policy"] ?? ""
    let (limit, used, machine) = (
      view.number("maxmemory"), view.number("used_memory"), view.number("total_system_memory")
    )
    let mostShare = checklist.threshold("system_percent")
    found.evidence = [
      "maxmemory": .number(limit), "policy": .text(policy), "used_bytes": .number(used),
      "evicted_keys": .number(view.number("evicted_keys")),
    ]
    if limit == 0 {
      let isLarge = used >= checklist.threshold("unlimited_bytes")
      found.add(isLarge ? "unlimited_large" : "unlimited", ["system_share": .number(mostShare)])
    } else {
      let (percent, share) = (used * 100 / limit, machine > 0 ? limit * 100 / machine : 0)
      found.evidence["used_percent"] = .number(percent)
      found.evidence["system_percent"] = .number(share)
      if percent >= checklist.threshold("used_percent") {
        let isFull = percent >= checklist.threshold("used_percent_critical")
        found.add(isFull ? "full" : "filling", ["used_percent": .number(percent)])
      }
      if share > mostShare {
        found.add("oversized", ["system_percent": .number(share), "system_share": .number(mostShare)])
      }
    }
    judgePolicy(policy, isBounded: limit > 0, view, &found)
  }

  /// Judges the policy by what the keys are: an eviction breaks a promise, or costs a load.
  private static func judgePolicy(
    _ policy: String, isBounded: Bool, _ view: DoctorView, _ found: inout DoctorFindings
  ) {
    for role in ["coordination", "cache", "other"] {
      found.evidence[role] = .count(view.keys.filter { $0.role == role })
    }
    guard !found.addRefusal(view, "SCAN", "TYPE", "PTTL") else { return }
    guard policy != "noeviction" else {
      if isBounded, view.facts.complete, !view.keys.isEmpty, view.keys.allSatisfy({ $0.role == "cache" }) {
        found.add("cache_noeviction", ["cache": .count(view.keys)])
      }
      return
    }
    // The volatile policies evict only what would expire, which is what leases and limits do.
    let victims = view.keys.filter { policy.hasPrefix("allkeys") || !$0.isImmortal }
    let coordination = victims.filter { $0.role == "coordination" }
    let others = victims.filter { $0.role == "other" }
    if !coordination.isEmpty {
      found.add(
        "evicts_coordination",
        [
          "policy": .text(policy), "coordination": .count(coordination), "template": .text(coordination.commonest),
        ])
    } else if !others.isEmpty {
      found.add("mixed", ["policy": .text(policy), "other": .count(others)])
    } else if !view.facts.complete {
      found.add(
        "unsampled", ["policy": .text(policy), "sampled": .number(view.sampled), "keys": .number(view.total)])
    }
  }

  static func slowlog(_ view: DoctorView, _ found: inout DoctorFindings) {
    _ = found.addRefusal(view, "CONFIG GET", "SLOWLOG GET")
    let checklist = Checklist.shared
    func setting(_ name: String) -> Int64? { view.facts.config[name].flatMap { Int64($0) } }
    if let threshold = setting("slowlog-log-slower-than") {
      found.evidence["threshold_us"] = .number(threshold)
      if threshold < 0 {
        found.add("off")
      } else if threshold > checklist.threshold("slower_than_us") {
        found.add("coarse", ["threshold_us": .number(threshold)])
      }
    }
    if let length = setting("slowlog-max-len") {
      found.evidence["max_length"] = .number(length)
      if length < checklist.threshold("slow_entries") { found.add("short", ["max_length": .number(length)]) }
    }
    guard let slow = view.facts.slow else { return }
    found.evidence["slow_entries"] = .count(slow)
    let heavy = Dictionary(grouping: slow.filter { checklist.heavy.contains($0.verb) }, by: \.verb)
    if !heavy.isEmpty {
      let verbs = heavy.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.count))" }
      found.add("heavy", ["verbs": .text(verbs.joined(separator: ", "))])
    }
    let worst = slow.max { ($0.us, $0.verb) < ($1.us, $1.verb) }
    found.evidence["worst_us"] = .number(worst?.us ?? 0)
    if let worst, worst.us >= checklist.threshold("slow_us") {
      found.add("long", ["worst_us": .number(worst.us), "verb": .text(worst.verb)])
    }
  }

  static func subscribers(_ view: DoctorView, _ found: inout DoctorFindings) {
    guard !found.addRefusal(view, "CLIENT LIST") else { return }
    let checklist = Checklist.shared
    let clients = view.facts.subscribers ?? []
    let largest = clients.map(\.waitingBytes).max() ?? 0
    let published = view.calls("publish")
    let missing = Set(view.expected).subtracting(clients.map(\.name)).sorted()
    if !missing.isEmpty { found.add("missing", ["names": .text(missing.joined(separator: ", "))]) }
    let limit = bufferLimit(view.facts.config["client-output-buffer-limit"] ?? "")
    if limit > 0, largest * 100 >= limit * checklist.threshold("buffer_percent") {
      found.add("cut_soon", ["largest_buffer_bytes": .number(largest), "limit_bytes": .number(limit)])
    } else if largest >= checklist.threshold("buffer_bytes") {
      found.add("slow", ["largest_buffer_bytes": .number(largest)])
    }
    if view.expected.isEmpty {
      if !clients.isEmpty {
        found.add("unseen", ["subscribers": .count(clients)])
      } else if published > 0 {
        found.add("nobody", ["published": .number(published)])
      }
    }
    found.evidence = [
      "subscribers": .count(clients), "expected": .count(view.expected), "published": .number(published),
      "largest_buffer_bytes": .number(largest),
    ]
    found.hasSubject = !clients.isEmpty || !view.expected.isEmpty
  }

  /// The smaller of a subscriber's limits, in bytes; 0 when there is none.
  private static func bufferLimit(_ setting: String) -> Int64 {
    let words = setting.split(separator: " ")
    guard let at = words.firstIndex(of: "pubsub") else { return 0 }
    return words.dropFirst(at + 1).prefix(2).compactMap { Int64($0) }.filter { $0 > 0 }.min() ?? 0
  }
}
