import RESP

extension BoardCalls {
  package enum Removed: String, Sendable {
    case removed, absent
  }

  /// Reads the reply of `submit`.
  package func submission(_ reply: RESPValue) throws(RedisError) -> Submission {
    var reader = try ReplyReader(reply, of: "board_submit")
    switch reader.status {
    case "refused":
      try reader.end()
      return .refused
    case "submitted":
      var places: [BoardPlace] = []
      for window in options.windows {
        let score = Int(try reader.integer("score"))
        let rank = Int(try reader.integer("rank"))
        let scoreBefore = Int(try reader.integer("score_before"))
        let rankBefore = Int(try reader.integer("rank_before"))
        places.append(
          BoardPlace(
            window: window, score: score, rank: rank == 0 ? nil : rank,
            scoreBefore: rankBefore == 0 ? nil : scoreBefore, rankBefore: rankBefore == 0 ? nil : rankBefore))
      }
      try reader.end()
      return .submitted(places)
    default: throw reader.unknownStatus()
    }
  }

  /// Reads the reply of `page` and `around`; `rows` is nil when the player is not on the board.
  package static func page(_ reply: RESPValue) throws(RedisError) -> (players: Int, rows: [BoardRow]?) {
    var reader = try ReplyReader(reply, of: "board_read")
    let players = Int(try reader.integer("players"))
    switch reader.status {
    case "absent":
      try reader.end()
      return (players, nil)
    case "page":
      var rank = Int(try reader.integer("rank"))
      var rows: [BoardRow] = []
      while !reader.isAtEnd {
        let id = try reader.text("id")
        rows.append(BoardRow(id: id, score: Int(try reader.integer("score")), rank: rank))
        rank &+= 1
      }
      return (players, rows)
    default: throw reader.unknownStatus()
    }
  }

  package static func removed(_ reply: RESPValue) throws(RedisError) -> Removed {
    try ReplyReader.word(reply, of: "board_remove")
  }
}
