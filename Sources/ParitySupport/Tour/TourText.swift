import Foundation

/// The report as lines for a person: at most 80 columns but for what was recorded, and `PASS` or `FAIL` at the end.
public struct TourText: Sendable {
  let style: TerminalStyle

  public init(style: TerminalStyle) { self.style = style }

  /// What stands above the first pattern.
  public func head(_ server: TourReport.Server, _ python: TourReport.Python, protocolNumber: Int) -> String {
    let place = server.isPrivate ? "its own" : server.address
    return """
      \(style.bold("Redis patterns, in Swift and in Python, from one set of Lua scripts"))
      \(style.dim("Redis \(server.version) (\(place)), Python \(python.version), redis-py \(python.redisPy), protocol \(protocolNumber)"))

      """
  }

  /// One pattern: what happens, and how far both languages agree.
  public func pattern(_ report: PatternReport) -> String {
    var lines = [style.bold(report.name)] + wrapped(report.summary, indent: 2).map(style.dim) + [""]
    for example in report.examples {
      lines += example.transcript.flatMap { wrapped($0, indent: 4) }
      lines += ["", row("transcript", example.equal.isEmpty ? "differs" : example.equal.joined(separator: " = "))]
    }
    for (at, cast) in report.casts.enumerated() {
      let count = "\(cast.passed)/\(cast.scenarios)"
      let told = cast.passed == cast.scenarios ? count : style.red(count)
      lines.append(row(at == 0 ? "scenarios" : "", "\(pad(told, count.count, 7)) \(cast.by)"))
    }
    if report.skipped > 0 {
      lines.append(row("", "\(pad("\(report.skipped)", 1, 7)) left out: they act on the server itself"))
    }
    lines.append(row("compared", compared(report)))
    for difference in report.differences.prefix(8) { lines += indent(difference.text) }
    if report.differences.count > 8 {
      lines.append("  … and \(report.differences.count - 8) more; see --json")
    }
    lines.append(row("verdict", "\(verdict(report.verdict))  \(style.dim(seconds(report.seconds)))"))
    for wire in report.wire ?? [] {
      lines += ["", "  \(style.dim(wire.title))"] + wire.commands.map { "    " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The last line.
  public func foot(_ report: TourReport) -> String {
    let names = report.patterns.map(\.name).joined(separator: ", ")
    let shown = names.count > 48 ? "\(report.patterns.count) patterns" : names
    let found = report.differences == 1 ? "1 difference" : "\(report.differences) differences"
    return "\(verdict(report.verdict))  \(shown): \(found), \(seconds(report.seconds))"
  }

  private func compared(_ report: PatternReport) -> String {
    let sent = report.commands.map { "\($0) commands" } ?? "no commands (not recorded on a shared server)"
    return "\(report.outcomes) outcomes, \(report.keys) keys, \(sent)"
  }

  private func verdict(_ verdict: TourReport.Verdict) -> String {
    verdict == .pass ? style.green(verdict.rawValue) : style.red(verdict.rawValue)
  }

  private func row(_ name: String, _ text: String) -> String { "  \(pad(name, name.count, 11)) \(text)" }

  /// Pads by what is seen: colours take no room.
  private func pad(_ text: String, _ seen: Int, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - seen))
  }

  /// In lines of at most 80 columns; the second and later ones stand two columns further in.
  private func wrapped(_ text: String, indent: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let margin = String(repeating: " ", count: lines.count == 1 ? indent : indent + 2)
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = (text.isEmpty ? "" : margin) + word
      } else if lines[lines.count - 1].count + 1 + word.count <= 80 {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(repeating: " ", count: indent + 2) + word)
      }
    }
    return lines
  }

  private func indent(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \(style.red(String($0)))" }
  }

  private func seconds(_ value: Double) -> String { String(format: "%.1f s", value) }
}
