import RESP
import RedisPatterns

/// A cache in Swift: the same keys, scripts and lines as `caching.py`.
public enum CachingExample {
  /// The source: slow, and counted.
  private actor Database {
    private var names = ["user:42": "Ada"]
    private(set) var loads = 0

    func load(_ key: String) -> User? {
      loads += 1
      return names[key].map(User.init)
    }

    func commit(_ key: String, _ name: String) { names[key] = name }
  }

  private struct User: Codable, Sendable {
    var name: String
  }

  private struct SourceIsDown: Error {}

  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    let database = Database()

    // --8<-- [start:load]
    var options = CacheOptions()
    options.ttl = .seconds(5 * 60)
    options.grace = .seconds(60 * 60)
    options.backoff = .seconds(30)
    let cache = Cache(on: redis, options: options, codec: .json(User.self), namespace: namespace)

    for _ in 1...2 {
      let user = try await cache.getOrLoad("user:42") { await database.load("user:42") }
      say("\(user?.name ?? "nobody"), after \(await database.loads) load")
    }
    // --8<-- [end:load]

    // --8<-- [start:delete]
    await database.commit("user:42", "Ada Lovelace")  // commit first
    try await cache.delete("user:42")
    let user = try await cache.getOrLoad("user:42") { await database.load("user:42") }
    say("\(user?.name ?? "nobody"), after \(await database.loads) loads")
    // --8<-- [end:delete]

    // --8<-- [start:negative]
    let nobody = try await cache.getOrLoad("user:7") { await database.load("user:7") }
    say(nobody?.name ?? "nobody")
    switch try await cache.get("user:7") {
    case .hit(let user): say("hit \(user.name)")
    case .negative: say("negative: the source has no user:7")
    case .miss: say("miss")
    }
    // --8<-- [end:negative]

    // --8<-- [start:race]
    let old = try await cache.getOrLoad("user:43") {
      try await cache.delete("user:43")  // somebody changes the source while we load
      return User(name: "Grace")
    }
    say("returned \(old?.name ?? "nobody")")
    say("cached: \(try await cache.get("user:43").value == nil ? "no" : "yes")")
    // --8<-- [end:race]

    // --8<-- [start:backoff]
    for _ in 1...2 {
      do {
        _ = try await cache.getOrLoad("user:44") { throw SourceIsDown() }
      } catch is SourceIsDown {
        say("the loader's error")
      } catch let error as CacheError {
        say(error.code.rawValue)
      }
    }
    // --8<-- [end:backoff]

    // --8<-- [start:wait]
    let slow = Cache(on: redis, codec: .string, namespace: namespace)
    let hurried = Cache(
      on: redis, options: CacheOptions(wait: .milliseconds(100)), codec: .string, namespace: namespace)
    _ = try await slow.getOrLoad("slow") {
      do {
        _ = try await hurried.getOrLoad("slow") { "unasked" }  // another process asks while we load
      } catch let error as CacheError {
        say(error.code.rawValue)
      }
      return "a slow value"
    }
    // --8<-- [end:wait]

    // --8<-- [start:refresh]
    let news = Cache(
      on: redis, options: CacheOptions(grace: .seconds(60 * 60), refresh: .background), codec: .string,
      namespace: namespace)
    try await news.put("headline", "old news")
    try await news.markStale("headline")  // the soft delete: still served, and loaded anew
    say("at once: \(try await news.getOrLoad("headline") { "new news" } ?? "")")
    await news.drain()  // as at the end of a program
    say("then: \(try await news.getOrLoad("headline") { "unasked" } ?? "")")
    // --8<-- [end:refresh]

    // --8<-- [start:versions]
    let prices = Cache(on: redis, codec: .string, namespace: namespace)
    for (price, version) in [("19.90", UInt64(2)), ("24.90", 1)] {  // the second comes late
      let stored = try await prices.put("price:1", price, version: version)
      say("\(price), version \(version): \(stored ? "cached" : "older")")
    }
    try await prices.delete("price:1", version: 3)
    say("19.90 once more: \(try await prices.put("price:1", "19.90", version: 2) ? "cached" : "older")")
    // --8<-- [end:versions]

    // --8<-- [start:write]
    try await cache.writeThrough("user:42") {
      await database.commit("user:42", "Ada King")
      return Versioned(User(name: "Ada King"))
    }
    let written = try await cache.getOrLoad("user:42") { await database.load("user:42") }
    say("\(written?.name ?? "nobody"), without a load")
    // --8<-- [end:write]

    // --8<-- [start:many]
    let found = try await cache.getMany(["user:1", "user:7", "user:42"])
    say(found.sorted { $0.key < $1.key }.map { "\($0): \(word($1))" }.joined(separator: ", "))
    // --8<-- [end:many]

    // --8<-- [start:tags]
    for page in ["home", "about"] {
      _ = try await news.getOrLoad(page, tags: ["author:ada", "site"]) { "\(page) by Ada" }
    }
    try await news.deleteTag("author:ada")  // one command, however many pages
    let pages = try await news.getMany(["home", "about"], tags: ["author:ada", "site"])
    say(pages.sorted { $0.key < $1.key }.map { "\($0): \(word($1))" }.joined(separator: ", "))
    // --8<-- [end:tags]

    // --8<-- [start:concurrent]
    let reports = Cache(on: redis, codec: .json(User.self), namespace: namespace)
    let source = Database()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...100 {
        group.addTask {
          _ = try await reports.getOrLoad("report") {
            try await Task.sleep(for: .milliseconds(50))
            return await source.load("user:42")
          }
        }
      }
      try await group.waitForAll()
    }
    // --8<-- [end:concurrent]
    say("100 callers at once, \(await source.loads) load")
  }

  private static func word<Value>(_ cached: Cached<Value>) -> String {
    switch cached {
    case .hit: "hit"
    case .negative: "negative"
    case .miss: "miss"
    }
  }
}
