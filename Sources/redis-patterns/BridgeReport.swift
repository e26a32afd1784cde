/// What `bench bridge` measured.
struct BridgeReport: Encodable {
  struct Row: Encodable {
    var what: String
    /// Nanoseconds per call, one value a round.
    var nanoseconds: [Double]

    var sorted: [Double] { nanoseconds.sorted() }
    var median: Double { sorted[sorted.count / 2] }
  }

  var python: String
  var rows: [Row]

  /// A table; the last column compares the minima with the first row's.
  var markdown: String {
    var lines = ["| ns per call | min | median | max | × a call in C |", "|---|---:|---:|---:|---:|"]
    let floor = rows[0].sorted.first!
    for row in rows {
      let times = [row.sorted.first!, row.median, row.sorted.last!].map(Self.grouped)
      let ratio = row.sorted.first! / floor
      let shown = ratio < 10 ? "\((ratio * 10).rounded() / 10)" : Self.grouped(ratio)
      lines.append("| \(row.what) | \(times.joined(separator: " | ")) | \(shown) |")
    }
    return lines.joined(separator: "\n")
  }

  /// `12,345`
  static func grouped(_ number: Double) -> String {
    var text = ""
    for (index, digit) in String(Int(number.rounded())).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text = "," + text }
      text = String(digit) + text
    }
    return text
  }
}
