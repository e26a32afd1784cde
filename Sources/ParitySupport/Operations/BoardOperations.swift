import RESP
import RedisPatterns

enum BoardOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try calls(given)
    switch verb {
    case "submit":
      return try calls.submit(
        given.text("id"), score: given.integer("score"), mode: given.choice("mode", default: .set), nowUs: nowUs)
    case "page":
      return try calls.page(
        given.choice("window", default: .all), previous: given.flag("previous"),
        first: given.integer("first", default: 1), count: given.integer("count", default: 10), nowUs: nowUs)
    case "around":
      return try calls.around(
        given.text("id"), window: given.choice("window", default: .all), previous: given.flag("previous"),
        count: given.integer("count", default: 5), nowUs: nowUs)
    case "remove": return try calls.remove(given.text("id"), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "submit":
      switch try calls(given).submission(reply) {
      case .submitted(let places): ["status": "submitted", "places": .array(places.map(\.json))]
      case .refused: ["status": "refused"]
      }
    case "page", "around":
      switch try BoardCalls.page(reply) {
      case (let players, let rows?):
        ["status": "page", "players": .int(Int64(players)), "rows": .array(rows.map(\.json))]
      case (let players, nil): ["status": "absent", "players": .int(Int64(players))]
      }
    case "remove": ["status": .string(try BoardCalls.removed(reply).rawValue)]
    default: nil
    }
  }

  private static func calls(_ given: Given) throws(RedisError) -> BoardCalls {
    let windows = try given.words("windows", default: ["all"])
    var options = LeaderboardOptions(
      windows: windows.compactMap(BoardWindow.init), order: try given.choice("order", default: .high),
      most: Int(try given.integer("most", default: 1_000_000)),
      ttl: try given.microseconds("ttl_us", default: 30 * 86_400_000_000))
    options.zone = try given.microseconds("zone_us", default: 0)
    guard options.windows.count == windows.count else {
      throw RedisError(.argument, "windows: no such window", execution: .notExecuted)
    }
    // A reply is read without a name.
    return try BoardCalls(given.optionalText("name") ?? "x", options: options, namespace: given.namespace)
  }
}

extension BoardPlace {
  fileprivate var json: JSONValue {
    var members: [String: JSONValue] = ["window": .string(window.rawValue), "score": .int(Int64(score))]
    members["rank"] = rank.map { .int(Int64($0)) }
    members["score_before"] = scoreBefore.map { .int(Int64($0)) }
    members["rank_before"] = rankBefore.map { .int(Int64($0)) }
    return .object(members)
  }
}

extension BoardRow {
  fileprivate var json: JSONValue {
    ["id": .string(id), "score": .int(Int64(score)), "rank": .int(Int64(rank))]
  }
}
