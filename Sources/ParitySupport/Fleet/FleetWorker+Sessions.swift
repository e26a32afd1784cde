import Foundation
import RESP
import RedisPatterns

extension FleetWorker {
  /// Logs one user in beside all others, then shares a session with them until one of them ends it. Says how many of its
  /// own logins live, how many fields of all were kept, and what should not have been.
  /// - Parameter naive: the shared session is one value, read and written back: the control that loses fields.
  public func session(logins: Int, limit: Int, rounds: Int, naive: Bool) async throws -> JSONValue {
    let limited = Sessions(on: redis, options: SessionOptions(limit: limit), namespace: namespace)
    try await meet()
    var made: [SessionID] = []
    for _ in 0..<logins {
      if let session = try await limited.create(user: "fleet").session { made.append(session.id) }
    }
    try await meet()
    var alive: Int64 = 0
    for id in made where try await limited.load(id) != nil { alive += 1 }

    let sessions = Sessions(on: redis, namespace: namespace)
    let place = "\(namespace):fleet:shared"
    let isFirst = try await redis.execute(RESPCommand("INCR", "\(namespace):fleet:first")).int == 1
    if isFirst, let shared = try await sessions.create(user: "shared").session {
      _ = try await redis.execute(RESPCommand("SET", place, shared.id.text))
    }
    try await meet()
    let id = SessionID(try await redis.execute(RESPCommand("GET", place)).string ?? "")
    guard let id else { throw ParityError("nobody has begun the session to share") }
    let mine = "swift-\(getpid())"
    if naive { return ["lost": .int(try await naiveRounds(rounds, mine))] }
    var lost: Int64 = 0
    for number in 1...rounds {
      if try await sessions.load(id)?.data[mine] ?? "0" != "\(number - 1)" { lost += 1 }
      _ = try await sessions.update(id, put: [mine: "\(number)"])
    }
    try await meet()
    let kept = try await sessions.load(id)?.data.count ?? 0
    try await meet()
    var (late, isOver): (Int64, Bool) = (0, false)
    while !isOver {
      if isFirst {
        try await sessions.revokeAll(of: "shared")
        _ = try await redis.execute(RESPCommand("SET", "\(place):over", 1))
      }
      isOver = try await !redis.execute(RESPCommand("GET", "\(place):over")).isNull
      if try await sessions.update(id, put: [mine: "late"]).session != nil, isOver { late += 1 }
    }
    try await meet()
    let back = try await sessions.load(id) != nil
    return [
      "alive": .int(alive), "fields": .int(Int64(kept)), "lost": .int(lost), "late": .int(late), "back": .bool(back),
    ]
  }

  /// Says how often its last word was no longer there.
  private func naiveRounds(_ rounds: Int, _ mine: String) async throws -> Int64 {
    let key = "\(namespace):naive:shared"
    var lost: Int64 = 0
    for number in 1...rounds {
      let stored = try await redis.execute(RESPCommand("GET", key)).string ?? ""
      let fields = stored.split(separator: ";").map(String.init)
      if number > 1, !fields.contains("\(mine)=\(number - 1)") { lost += 1 }
      let kept = fields.filter { !$0.hasPrefix("\(mine)=") } + ["\(mine)=\(number)"]
      _ = try await redis.execute(RESPCommand("SET", key, kept.joined(separator: ";"), "PX", 60_000))
    }
    return lost
  }
}
