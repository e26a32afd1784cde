import RESP
import RedisPatterns

/// The structures in Swift: the same keys, scripts and lines as `structures.py`.
public enum StructuresExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:counter]
    let tickets = SharedCounter("tickets", on: redis, ttl: .seconds(3600), bounds: 0...5, namespace: namespace)
    try await tickets.add(4, request: "order-1")
    try await tickets.add(4, request: "order-1")  // a repeat: counted once
    switch try await tickets.add(2) {
    case .refused(let value, _): say("sold out at 5: \(value) are sold")
    case .counted: say("sold")
    }
    // --8<-- [end:counter]

    // --8<-- [start:flag]
    let mail = SharedFlag("daily-mail", on: redis, ttl: .seconds(86_400), namespace: namespace)
    for worker in ["ann", "bob"] {
      switch try await mail.set(worker) {
      case .set: say("\(worker) sends the mail")
      case .up(let flag): say("\(worker) does not: \(flag.text ?? "?") has")
      }
    }
    // --8<-- [end:flag]

    // --8<-- [start:board]
    let board = Leaderboard("game", on: redis, options: .init(windows: [.all, .day]), namespace: namespace)
    for player in ["zoe", "amy", "kim"] {
      try await board.submit(player, 100, mode: .best)  // equal scores: the first stays first
    }
    try await board.submit("kim", 1, mode: .add)
    say(try await board.page(.day).rows.map { "\($0.rank). \($0.id) \($0.score)" }.joined(separator: ", "))
    if let near = try await board.around("amy", count: 2) {
      say("around amy: " + near.rows.map(\.id).joined(separator: ", "))
    }
    // --8<-- [end:board]

    // --8<-- [start:queue]
    let mails = ReliableQueue("mails", on: redis, options: .init(tries: 2), namespace: namespace)
    try await mails.push("to ann", id: "mail-1")
    try await mails.push("to ann", id: "mail-1")  // a repeat: queued once
    try await mails.push("to nobody", id: "mail-2")
    while let job = try await mails.pop() {
      let text = job.text ?? "?"
      if text == "to nobody" {
        say("\(text), attempt \(job.attempt): \(try await job.retry())")
      } else {
        say("\(text): \(try await job.ack() == .acked ? "done" : "lost")")
      }
    }
    say("dead: " + (try await mails.look()).graves.map(\.id).joined(separator: ", "))
    // --8<-- [end:queue]

    // --8<-- [start:object]
    let user = VersionedObject("user:1", on: redis, ttl: .seconds(3600), namespace: namespace)
    try await user.write(["name": "Ann", "mail": "ann@example.org"], seen: 0)
    let found = try await user.read()
    try await user.update { fields in ["name": (fields["name"] ?? "") + "a"] }  // somebody else is faster
    if let found, case .conflict = try await user.write(["name": "Bob"], seen: found.version) {
      say("the late change is refused: yes")
    }
    if let now = try await user.read()?.text { say("\(now["name"] ?? "?"), \(now["mail"] ?? "?")") }
    // --8<-- [end:object]

    // --8<-- [start:recents]
    let viewed = RecentItems(
      "viewed", on: redis, ttl: .seconds(86_400), most: 3, move: true, namespace: namespace)
    for article in ["a1", "a2", "a3", "a4", "a2"] { try await viewed.add(article) }
    let articles = try await viewed.items().map { String(decoding: $0, as: UTF8.self) }
    say("viewed: " + articles.joined(separator: ", "))
    // --8<-- [end:recents]

    // --8<-- [start:series]
    let load = TimeSeries("load", on: redis, keep: .seconds(60), namespace: namespace)
    for value in [20, 60, 40] { try await load.add(value) }
    let newest = try await load.points(span: .seconds(50), count: 2)
    say("load: " + newest.map { String($0.value) }.joined(separator: ", "))
    say("most: \(try await load.steps(span: .seconds(50), step: .seconds(10)).map(\.most).max() ?? 0)")
    // --8<-- [end:series]

    // --8<-- [start:tags]
    let posts = TagIndex("posts", on: redis, ttl: .seconds(86_400), namespace: namespace)
    try await posts.add("post-1", ["redis", "swift"])
    try await posts.add("post-2", ["redis", "python"])
    let any = try await posts.anyOf(["redis"]).sorted().joined(separator: ", ")
    let both = try await posts.allOf(["redis", "swift"]).joined(separator: ", ")
    say("redis: \(any); redis and swift: \(both)")
    // --8<-- [end:tags]

    // --8<-- [start:unique]
    let visitors = UniqueCounter("visitors", on: redis, options: .init(periods: 7), namespace: namespace)
    try await visitors.add(["ann", "bob", "ann"])
    try await visitors.add(["bob"])
    say("\(try await visitors.count(last: 7)) visitors this week")
    // --8<-- [end:unique]

    // --8<-- [start:log]
    let audit = EventLog("audit", on: redis, keep: .seconds(7 * 86_400), namespace: namespace)
    try await audit.append("order.created", "{\"id\":7}")
    let seen = try await audit.read().last?.id
    try await audit.append("order.paid")
    say("since then: " + (try await audit.read(after: seen)).map(\.kind).joined(separator: ", "))
    // --8<-- [end:log]

    // --8<-- [start:concurrent]
    let visits = SharedCounter("visits", on: redis, ttl: .seconds(60), namespace: namespace)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...10 { group.addTask { try await visits.add() } }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("10 at once are \(try await visits.value())")
  }
}
