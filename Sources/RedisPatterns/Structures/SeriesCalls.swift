import RESP

/// The calls of one time series as values, and what their replies mean.
package struct SeriesCalls: Sendable {
  private let key: String

  /// Ten thousand of them still sum up exactly.
  private static let largestValue: Int64 = 1 << 38
  private static let most: Int64 = 10_000
  private static let mostRead: Int64 = 1000

  package enum Read: Sendable, Hashable {
    case points([SeriesPoint])
    case steps([SeriesStep])
  }

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "series", id: name).name
  }

  package func add(
    _ value: Int64, keep: Duration, most: Int64 = 10_000, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .seriesAdd, keys: [key],
      arguments: [
        try NumberRule.count(value, "value", from: -Self.largestValue, to: Self.largestValue),
        try NumberRule.time(keep, "keep", from: 1000), try NumberRule.count(most, "most", to: Self.most), nowUs,
      ])
  }

  /// A step of zero reads the points themselves.
  package func read(
    span: Duration, step: Duration = .zero, count: Int64 = 100, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .seriesRead, keys: [key],
      arguments: [
        try NumberRule.time(span, "span", from: 1), try NumberRule.time(step, "step", from: 0),
        try NumberRule.count(count, "count", to: Self.mostRead), nowUs,
      ])
  }

  package static func added(_ reply: RESPValue) throws(RedisError) -> (atUs: Int64, points: Int) {
    var reader = try ReplyReader(reply, of: "series_add")
    guard reader.status == "added" else { throw reader.unknownStatus() }
    let atUs = try reader.decimal("at_us")
    let points = try reader.integer("points")
    try reader.end()
    return (atUs, Int(points))
  }

  package static func read(_ reply: RESPValue) throws(RedisError) -> Read {
    var reader = try ReplyReader(reply, of: "series_read")
    switch reader.status {
    case "points":
      var points: [SeriesPoint] = []
      while !reader.isAtEnd {
        let atUs = try reader.decimal("at_us")
        points.append(SeriesPoint(atUs: atUs, value: Int(try reader.integer("value"))))
      }
      return .points(points)
    case "steps":
      var steps: [SeriesStep] = []
      while !reader.isAtEnd {
        let beginsUs = try reader.decimal("begins_us")
        let points = Int(try reader.integer("points"))
        let sum = Int(try reader.integer("sum"))
        let least = Int(try reader.integer("least"))
        let most = Int(try reader.integer("most"))
        steps.append(SeriesStep(beginsUs: beginsUs, points: points, sum: sum, least: least, most: most))
      }
      return .steps(steps)
    default: throw reader.unknownStatus()
    }
  }
}
