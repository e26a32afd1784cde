import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys) struct `Recent items, series, tags, unique counter and log` {
  @Test func `recent items are bounded, and the same one stands once`() async throws {
    let space = try await TestSpace.shared()
    let recent = RecentItems(
      "seen", on: space.redis, ttl: .seconds(60), most: 3, move: true, namespace: space.namespace)
    for item in ["a", "b", "c", "d", "b"] { try await recent.add(item) }
    #expect(try await recent.items().map { String(decoding: $0, as: UTF8.self) } == ["b", "d", "c"])
    #expect(try await recent.items(1) == [Array("b".utf8)])
  }

  @Test func `a series gives its points, and what they come to`() async throws {
    let space = try await TestSpace.shared()
    let series = TimeSeries("load", on: space.redis, keep: .seconds(60), most: 3, namespace: space.namespace)
    for value in [9, 5, -1, 5] { try await series.add(value) }
    #expect(try await series.points(span: .seconds(50)).map(\.value) == [5, -1, 5])
    #expect(try await series.points(span: .seconds(50), count: 1).map(\.value) == [5])
    let steps = try await series.steps(span: .seconds(50), step: .seconds(86_400 * 30))
    #expect(steps.reduce(0) { $0 + $1.points } == 3 && steps.reduce(0) { $0 + $1.sum } == 9)
    #expect(steps.map(\.least).min() == -1 && steps.map(\.most).max() == 5)
  }

  @Test func `items are found by their tags`() async throws {
    let space = try await TestSpace.shared()
    let posts = TagIndex("posts", on: space.redis, ttl: .seconds(60), most: 2, namespace: space.namespace)
    #expect(try await posts.add("p1", ["redis", "swift"]) == .tagged(tags: 2))
    try await posts.add("p2", ["redis"])
    #expect(try await posts.add("p3", ["lua", "redis"]) == .full(tag: "redis"))
    #expect(try await posts.tags(of: "p1") == ["redis", "swift"])
    #expect(try await posts.tags(of: "p3") == [])
    #expect(try await posts.has("p1", "swift"))
    #expect(try await posts.has("p2", "swift") == false)
    #expect(try await posts.allOf(["redis", "swift"]) == ["p1"])
    #expect(try await posts.anyOf(["redis", "swift"]) == ["p1", "p2"])
    #expect(try await posts.remove("p1", ["redis", "none"]) == 1)
    #expect(try await posts.anyOf(["redis"]) == ["p2"])
  }

  @Test func `different items are counted once, also over several periods`() async throws {
    let space = try await TestSpace.shared()
    let visitors = UniqueCounter("visitors", on: space.redis, namespace: space.namespace)
    #expect(try await visitors.add(["ann", "bob"]))
    #expect(try await visitors.add(["ann"]) == false)
    // The day may end between the two calls.
    #expect([2, 3].contains(try await visitors.count(last: 2)))
  }

  @Test func `a reader of a log goes on where it was`() async throws {
    let space = try await TestSpace.shared()
    let log = EventLog("audit", on: space.redis, keep: .seconds(60), most: 3, namespace: space.namespace)
    var ids: [String] = []
    for number in 0..<4 { ids.append(try await log.append("kind", "payload \(number)")) }
    #expect(try await log.read().map(\.id) == Array(ids[1...]))
    let later = try await log.read(after: ids[2])
    #expect(later.map(\.text) == ["payload 3"] && later.map(\.kind) == ["kind"])
    #expect(try await log.read(after: ids[3]).isEmpty)
  }

  @Test func `what no collection can keep is refused before anything is sent`() async throws {
    let away = Unreachable()
    let wrong: [() async throws -> Void] = [
      { try await ReliableQueue("x", on: away, options: .init(tries: 0)).push("p") },
      { _ = try await ReliableQueue("x", on: away, options: .init(lease: .zero)).pop() },
      { try await VersionedObject("x", on: away, ttl: .seconds(1)).write([:]) },
      { try await VersionedObject("x", on: away, ttl: .seconds(1)).write(["@version": "1"]) },
      { try await RecentItems("x", on: away, ttl: .seconds(1), most: 10_001).add("i") },
      { try await TimeSeries("x", on: away, keep: .seconds(1)).add(1 << 39) },
      { _ = try await TimeSeries("x", on: away, keep: .seconds(1)).steps(span: .seconds(1), step: .zero) },
      { try await TagIndex("x", on: away, ttl: .seconds(1)).add("i", []) },
      { _ = try await TagIndex("x", on: away, ttl: .seconds(1)).allOf(["a", "a"]) },
      { try await UniqueCounter("x", on: away, options: .init(periods: 63)).add(["i"]) },
      { _ = try await EventLog("x", on: away, keep: .seconds(1)).read(after: "latest") },
    ]
    for (number, attempt) in wrong.enumerated() {
      let error = await #expect(throws: RedisError.self) { try await attempt() }
      #expect(error?.code == .argument && error?.execution == .notExecuted, "number \(number)")
    }
  }
}
