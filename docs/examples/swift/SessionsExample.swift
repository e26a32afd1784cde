import RESP
import RedisPatterns

/// Sessions in Swift: the same keys, scripts and lines as `sessions.py`.
public enum SessionsExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // --8<-- [start:login]
    let options = SessionOptions(idle: .seconds(30 * 60), limit: 3)
    let sessions = Sessions(on: redis, options: options, namespace: namespace)

    guard let visitor = try await sessions.create(data: ["cart": "2 books"]).session else { return }
    // The password was right: a new id, never the one that was brought.
    let data = visitor.data.merging(["device": "phone"]) { _, new in new }
    guard let login = try await sessions.create(user: "ada", data: data, replacing: visitor.id).session else { return }
    let cookie = login.id.text
    // --8<-- [end:login]
    let isOver = try await sessions.load(visitor.id) == nil
    say("a new id at login: \(yes(login.id != visitor.id && isOver))")

    // --8<-- [start:request]
    guard let session = try await sessions.load(SessionID(cookie)) else { return }  // not logged in
    say("\(session.user ?? "nobody") has \(session.data["cart"] ?? "nothing")")
    _ = try await sessions.update(session.id, put: ["cart": "3 books"])
    // --8<-- [end:request]

    // --8<-- [start:merge]
    _ = try await sessions.update(session.id, put: ["theme": "dark"])  // another request, which has not seen the cart
    let both = try await sessions.load(session.id)?.data ?? [:]
    say("both changes are kept: \(both["cart"] ?? ""), \(both["theme"] ?? "")")
    switch try await sessions.update(session.id, put: ["cart": "0 books"], version: session.version) {
    case .conflict(let version): say("changed meanwhile: version \(version)")
    case .updated, .replaced, .gone: break
    }
    // --8<-- [end:merge]

    // --8<-- [start:rotate]
    guard let rotated = try await sessions.rotate(session.id).session else { return }  // after a change of password
    let underWay = try await sessions.load(SessionID(cookie))  // a request that was sent with the old cookie
    say("the old id still reads: \(yes(underWay?.isReplaced == true))")
    let refused = try await sessions.update(session.id, put: ["cart": "0 books"])
    say("and changes nothing: \(yes(refused == .replaced))")
    // --8<-- [end:rotate]

    // --8<-- [start:devices]
    _ = try await sessions.create(user: "ada", data: ["device": "laptop"])
    _ = try await sessions.create(user: "ada", data: ["device": "tablet"])
    let listed = try await sessions.list(user: "ada", fields: ["device"])
    for device in listed.compactMap({ $0.data["device"] }).sorted() { say("logged in on: \(device)") }
    say("others logged out: \(try await sessions.revokeOthers(rotated.id) ?? 0)")
    // --8<-- [end:devices]

    // --8<-- [start:logout]
    try await sessions.revoke(rotated.id)
    let late = try await sessions.update(rotated.id, put: ["cart": "9 books"])  // a slow request saves after the logout
    let after = try await sessions.load(rotated.id)
    say("what has ended stays ended: \(yes(late == .gone && after == nil))")
    // --8<-- [end:logout]

    // --8<-- [start:concurrent]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...10 {
        group.addTask { _ = try await sessions.create(user: "ada") }
      }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("10 logins at once, limit 3: \(try await sessions.revokeAll(of: "ada")) sessions")
  }

  private static func yes(_ what: Bool) -> String { what ? "yes" : "no" }
}
