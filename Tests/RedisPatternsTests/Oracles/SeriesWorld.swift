import RESP
import RedisPatterns
import TestSupport

/// A random history of one time series, beside a plain list of its points.
struct SeriesWorld {
  private static let keepUs: Int64 = 10_000_000
  private static let most = 40
  private let calls: SeriesCalls
  private var points: [(atUs: Int64, value: Int)] = []
  private var nowUs: Int64 = 4_102_444_800_000_000

  init(_ number: Int) throws { calls = try SeriesCalls("s\(number)") }

  mutating func next(using chance: inout SeededGenerator) throws -> OracleStep {
    // Sometimes the clock is set back.
    let spans: [ClosedRange<Int64>] = [0...0, 0...1, 0...1_000_000, -500_000...0]
    nowUs += Int64.random(in: spans.randomElement(using: &chance) ?? 0...0, using: &chance)
    if Int.random(in: 0..<10, using: &chance) < 6 {
      let value = [0, 1, 1, -5, 1 << 38, -(1 << 38)].randomElement(using: &chance) ?? 0
      let atUs = max((points.last?.atUs ?? 0) + 1, nowUs)
      points.append((atUs, value))
      points = Array(points.filter { $0.atUs > atUs - Self.keepUs }.suffix(Self.most))
      return OracleStep(
        call: try calls.add(Int64(value), keep: .microseconds(Self.keepUs), most: Int64(Self.most), nowUs: nowUs),
        expected: "added \(atUs) \(points.count)"
      ) {
        let (atUs, points) = try SeriesCalls.added($0)
        return "added \(atUs) \(points)"
      }
    }
    let spanUs = [1, 500_000, 3_000_000, 20_000_000].randomElement(using: &chance) ?? 1
    let stepUs = [0, 0, 1, 100_000, 999_983, 60_000_000].randomElement(using: &chance) ?? 0
    let count = Int.random(in: 1...12, using: &chance)
    let found = points.filter { $0.atUs > nowUs - Int64(spanUs) }
    let expected =
      if stepUs == 0 {
        "points " + found.suffix(count).map { "\($0.atUs) \($0.value)" }.joined(separator: ", ")
      } else {
        "steps " + Self.steps(found, of: Int64(stepUs)).suffix(count).joined(separator: ", ")
      }
    return OracleStep(
      call: try calls.read(
        span: .microseconds(spanUs), step: .microseconds(stepUs), count: Int64(count), nowUs: nowUs),
      expected: expected, read: Self.text)
  }

  private static func steps(_ points: [(atUs: Int64, value: Int)], of stepUs: Int64) -> [String] {
    Dictionary(grouping: points) { $0.atUs / stepUs * stepUs }.sorted { $0.key < $1.key }.map { begins, points in
      let values = points.map(\.value)
      return "\(begins) \(values.count) \(values.reduce(0, +)) \(values.min() ?? 0) \(values.max() ?? 0)"
    }
  }

  private static func text(_ reply: RESPValue) throws -> String {
    switch try SeriesCalls.read(reply) {
    case .points(let points): "points " + points.map { "\($0.atUs) \($0.value)" }.joined(separator: ", ")
    case .steps(let steps):
      "steps " + steps.map { "\($0.beginsUs) \($0.points) \($0.sum) \($0.least) \($0.most)" }.joined(separator: ", ")
    }
  }
}

/// A random history of one list of recent items, beside a plain array.
struct RecentWorld {
  private let calls: RecentCalls
  let key: String
  private(set) var items: [String] = []
  private var nowUs: Int64 = 4_102_444_800_000_000

  init(_ number: Int) throws {
    calls = try RecentCalls("r\(number)")
    key = "recent:{r\(number)}"
  }

  mutating func next(using chance: inout SeededGenerator) throws -> OracleStep {
    nowUs += Int64.random(in: 0...1_000_000, using: &chance)
    let item = "i\(Int.random(in: 0..<9, using: &chance))"
    let moves = Int.random(in: 0..<4, using: &chance) > 0
    let most = [3, 5, 8].randomElement(using: &chance) ?? 3
    // The one that stands longest moves to the front.
    if moves, let at = items.lastIndex(of: item) { items.remove(at: at) }
    items = Array(([item] + items).prefix(most))
    return OracleStep(
      call: try calls.add(Array(item.utf8), most: Int64(most), move: moves, ttl: .seconds(60), nowUs: nowUs),
      expected: "added \(items.count)"
    ) { "added \(try RecentCalls.added($0))" }
  }
}
