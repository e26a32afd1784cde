extension DoctorReport {
  /// One JSON document, indented, keys sorted: Python writes the same bytes for the same facts.
  public var jsonText: String { json.indented }

  /// For a person: a line an item, and under it what was found, why, the fix and its cost; then the keys.
  public var text: String {
    var lines = [head, ""]
    for item in items {
      lines.append("\(item.status.mark.padded(to: 2))  \("\(item.number)".padded(to: 2)) \(item.title)")
      for finding in item.findings {
        lines += [
          "       \(finding.severity.rawValue) \(finding.id): \(finding.says)",
          "         why:   \(finding.reason)",
          "         fix:   \(finding.fix)",
          "         costs: \(finding.cost)",
        ]
      }
    }
    if !templates.isEmpty { lines += ["", "keys looked at, by template"] + templates.map(\.line) }
    let counts = Status.allCases.reversed().map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
    lines += ["", "\(counts); \(cost.commands) commands in \(cost.roundTrips) round trips"]
    return lines.joined(separator: "\n")
  }

  private var head: String {
    let database = sample.database.map(String.init) ?? "?"
    return "redis \(server.version), \(server.role), database \(database): "
      + "\(sample.sampled) of \(sample.keys) keys looked at"
  }

  package var json: JSON {
    var sample: [String: JSON] = [
      "keys": .int(self.sample.keys), "sampled": .int(Int64(self.sample.sampled)),
      "complete": .bool(self.sample.complete),
    ]
    sample["database"] = self.sample.database.map(JSON.int)
    return .object([
      "schema": .int(1), "verdict": .string(verdict.rawValue),
      "counts": .object(
        Dictionary(uniqueKeysWithValues: Status.allCases.map { ($0.rawValue, .int(Int64(count($0)))) })),
      "server": .object([
        "version": .string(server.version), "role": .string(server.role), "mode": .string(server.mode),
      ]),
      "sample": .object(sample), "templates": .array(templates.map(\.json)), "items": .array(items.map(\.json)),
      "cost": .object([
        "commands": .int(Int64(cost.commands)), "round_trips": .int(Int64(cost.roundTrips)),
        "elapsed_ms": .int(cost.elapsedMilliseconds),
      ]),
    ])
  }
}

extension DoctorReport.Status {
  fileprivate var mark: String {
    switch self {
    case .ok: "ok"
    case .none: "-"
    case .unknown: "?"
    case .warning: "!"
    case .critical: "!!"
    }
  }
}

extension DoctorReport.Evidence {
  fileprivate var json: JSON {
    switch self {
    case .number(let value): .int(value)
    case .text(let text): .string(text)
    case .flag(let flag): .bool(flag)
    }
  }

  /// As it stands in a sentence.
  var words: String {
    switch self {
    case .number(let value): "\(value)"
    case .text(let text): text
    case .flag(let flag): "\(flag)"
    }
  }
}

extension DoctorReport.Finding {
  fileprivate var json: JSON {
    .object([
      "id": .string(id), "severity": .string(severity.rawValue), "says": .string(says),
      "evidence": .object(evidence.mapValues(\.json)), "reason": .string(reason), "fix": .string(fix),
      "cost": .string(cost),
    ])
  }
}

extension DoctorReport.Item {
  fileprivate var json: JSON {
    .object([
      "number": .int(Int64(number)), "id": .string(id), "title": .string(title), "status": .string(status.rawValue),
      "evidence": .object(evidence.mapValues(\.json)), "findings": .array(findings.map(\.json)),
      "cost": .object(["commands": .int(Int64(commands))]),
    ])
  }
}

extension DoctorReport.Template {
  fileprivate var json: JSON {
    .object([
      "template": .string(template), "keys": .int(Int64(keys)), "role": .string(role), "library": .bool(library),
      "types": .array(types.map(JSON.string)), "without_ttl": .int(Int64(withoutTTL)),
      "memory_keys": .int(Int64(memoryKeys)), "memory_bytes": .int(memoryBytes),
      "share_permille": .int(Int64(sharePermille)), "half_width_permille": .int(Int64(halfWidthPermille)),
    ])
  }
}

extension DoctorReport.Template {
  fileprivate var line: String {
    let share = "\(sharePermille / 10).\(sharePermille % 10)".padded(to: 5)
    let role = role + String(repeating: " ", count: max(0, 12 - role.count))
    var line = "\("\(keys)".padded(to: 8)) \(share) %  \(role)  \(template) (\(types.joined(separator: ", ")))"
    if memoryKeys > 0 { line += ", \(memoryBytes / Int64(memoryKeys)) bytes each" }
    return withoutTTL > 0 ? "\(line), \(withoutTTL) without an end" : line
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
