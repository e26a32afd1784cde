import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

/// Arithmetic that overflows ends a Swift process: no argument of a caller may do that, however large it is.
@Suite struct `Extreme arguments` {
  static let durations: [Duration] = [
    .seconds(Int64.max), .seconds(Int64.min), .seconds(1e20), .seconds(-1e20), .nanoseconds(1), .nanoseconds(-1), .zero,
    .seconds(-1), .microseconds(Int64.max), .milliseconds(1), .microseconds(31_622_400_000_001),
  ]
  static let numbers = [Int.max, .min, 0, -1, 1 << 53, 1_000_001]

  private typealias Work = () async throws -> Void

  @Test func `no duration and no number ends the process, and what is refused was not sent`() async throws {
    try await withServer { _, redis in
      let counting = Counting(redis: redis)
      for number in Self.numbers {
        for (name, work) in Self.numbered(counting, number) { try await attempt(name, counting, "\(number)", work) }
      }
      for time in Self.durations {
        for (name, work) in Self.timed(counting, time) { try await attempt(name, counting, "\(time)", work) }
      }
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1]) func `no share does either`(share: Double)
    async throws
  {
    try await withServer { _, redis in
      let counting = Counting(redis: redis)
      for options in [CacheOptions(jitter: share), CacheOptions(refresh: .background, early: share)] {
        let cache = Self.cache(counting, options)
        try await attempt("cache.put", counting, "\(share)") { _ = try await cache.put("k", "v") }
        try await attempt("cache.getOrLoad", counting, "\(share)") { _ = try await cache.getOrLoad("k") { "v" } }
      }
    }
  }

  /// - Throws: what is no typed refusal.
  private func attempt(_ name: String, _ redis: Counting, _ what: String, _ work: Work) async throws {
    let before = redis.trips.value
    do {
      try await work()
    } catch let error as RedisError {
      #expect(error.code == .argument && error.execution == .notExecuted, "\(name) \(what): \(error)")
      #expect(redis.trips.value == before, "\(name) \(what) was refused after something was sent")
    } catch is LockError, is CacheError {
    }
  }

  private static func cache(_ redis: Counting, _ options: CacheOptions = .init()) -> Cache<String> {
    Cache(on: redis, options: options, codec: StringCodec())
  }

  private static func numbered(_ redis: Counting, _ n: Int) -> [(String, Work)] {
    let hour = Duration.seconds(3600)
    return [
      ("limit", { _ = try await RateLimiter(on: redis, limit: .tokenBucket(n, per: hour)).take("u") }),
      ("burst", { _ = try await RateLimiter(on: redis, limit: .tokenBucket(1, per: hour, burst: n)).take("u") }),
      ("window", { _ = try await RateLimiter(on: redis, limit: .slidingWindow(n, per: hour)).take("u") }),
      ("log", { _ = try await RateLimiter(on: redis, limit: .slidingLog(n, per: hour)).take("u") }),
      ("cost", { _ = try await RateLimiter(on: redis, limit: .tokenBucket(5, per: hour)).take("u", cost: n) }),
      ("semaphore", { _ = try await Semaphore("s", on: redis, limit: n).tryAcquire() }),
      ("permits", { _ = try await Semaphore("s", on: redis, limit: 5).tryAcquire(n) }),
      ("fence", { _ = try await FencedValue("f", on: redis, ttl: hour).write([], fence: Int64(n)) }),
      ("counter", { _ = try await SharedCounter("c\(n)", on: redis, ttl: hour).add(n) }),
      ("bounds", { _ = try await SharedCounter("d", on: redis, ttl: hour, bounds: min(n, 0)...max(n, 0)).add() }),
      ("score", { _ = try await Leaderboard("b", on: redis).submit("p", n) }),
      ("page", { _ = try await Leaderboard("b", on: redis).page(first: n, count: 1) }),
      ("page count", { _ = try await Leaderboard("b", on: redis).page(count: n) }),
      ("around", { _ = try await Leaderboard("b", on: redis).around("p", count: n) }),
      ("tries", { _ = try await ReliableQueue("q", on: redis, options: .init(tries: n)).push("x") }),
      ("graves", { _ = try await ReliableQueue("q", on: redis).look(graves: n) }),
      ("revive", { _ = try await ReliableQueue("q", on: redis).revive(n) }),
      ("most", { _ = try await VersionedObject("o", on: redis, ttl: hour, most: n).write(["a": "b"]) }),
      ("recent", { _ = try await RecentItems("r", on: redis, ttl: hour, most: n).add("x") }),
      ("items", { _ = try await RecentItems("r", on: redis, ttl: hour).items(n) }),
      ("series", { _ = try await TimeSeries("t", on: redis, keep: hour).add(n) }),
      ("points", { _ = try await TimeSeries("t", on: redis, keep: hour).points(span: hour, count: n) }),
      ("tags", { _ = try await TagIndex("t", on: redis, ttl: hour, most: n).add("i", ["a"]) }),
      ("periods", { _ = try await UniqueCounter("u", on: redis, options: .init(periods: n)).count() }),
      ("last", { _ = try await UniqueCounter("u", on: redis).count(last: n) }),
      ("event log", { _ = try await EventLog("l", on: redis, keep: hour, most: n).append("k") }),
      ("events", { _ = try await EventLog("l", on: redis, keep: hour).read(count: n) }),
      ("stream", { _ = try await MessageStream("s", on: redis, maxLength: n).add(["a": "b"]) }),
      ("lag", { _ = try await MessageStream("s", on: redis).lag(of: "g", most: n) }),
      ("letters", { _ = try await MessageStream("s", on: redis).deadLetters(count: n) }),
      ("sessions", { _ = try await Sessions(on: redis, options: .init(limit: n)).create(user: "u") }),
      ("refreshes", { _ = try await cache(redis, .init(refreshes: n)).put("k", "v") }),
      (
        "doctor",
        {
          var options = DoctorOptions()
          options.maxKeys = n
          _ = try await Doctor(on: redis, options: options).examine()
        }
      ),
    ]
  }

  private static func timed(_ redis: Counting, _ time: Duration) -> [(String, Work)] {
    let hour = Duration.seconds(3600)
    return [
      ("per", { _ = try await RateLimiter(on: redis, limit: .tokenBucket(10, per: time)).take("u") }),
      ("window", { _ = try await RateLimiter(on: redis, limit: .fixedWindow(10, per: time)).take("w") }),
      ("replay", { _ = try await RateLimiter(on: redis, limit: .tokenBucket(9, per: hour), replay: time).take("u") }),
      ("lock ttl", { _ = try await Lock("l", on: redis, ttl: time).tryAcquire() }),
      ("patience", { _ = try await Lock("m", on: redis, patience: time).acquire(wait: .zero).release() }),
      ("lock wait", { _ = try await Lock("w", on: redis).acquire(wait: time).release() }),
      ("with lock", { try await Lock("w", on: redis).withLock(wait: time) { _ in } }),
      ("semaphore ttl", { _ = try await Semaphore("s", on: redis, limit: 999_999, ttl: time).tryAcquire() }),
      ("redlock ttl", { _ = try await Redlock("r", on: [redis, redis, redis], ttl: time).tryAcquire() }),
      ("redlock longest", { _ = try await Redlock("r", on: [redis, redis, redis], longestTTL: time).tryAcquire() }),
      ("node", { _ = try await Redlock("r", on: [redis, redis, redis], nodeTimeout: time).tryAcquire() }),
      ("fenced", { _ = try await FencedValue("f", on: redis, ttl: time).write([], fence: 1) }),
      ("cache ttl", { _ = try await cache(redis, .init(ttl: time)).put("k", "v") }),
      ("grace", { _ = try await cache(redis, .init(grace: time)).put("k", "v") }),
      (
        "tagged",
        {
          let tagged = cache(redis, .init(ttl: time, negativeTTL: hour))
          _ = try await tagged.put("k", "v", tags: ["t"])
        }
      ),
      (
        "cache lease",
        {
          _ = try await cache(redis, .init(lease: time)).getOrLoad("a\(time)") { "v" }
        }
      ),
      (
        "cache wait",
        {
          _ = try await cache(redis, .init(wait: time)).getOrLoad("b\(time)") { "v" }
        }
      ),
      ("holdoff", { _ = try await cache(redis).delete("k", holdoff: time) }),
      ("keep", { _ = try await cache(redis).delete("k", version: 1, keep: time) }),
      ("mark", { _ = try await cache(redis).markStale("k", holdoff: time) }),
      ("drain", { _ = await cache(redis).drain(within: time) }),
      ("idle", { _ = try await Sessions(on: redis, options: .init(idle: time)).create(user: "u") }),
      ("lifetime", { _ = try await Sessions(on: redis, options: .init(lifetime: time)).create(user: "u") }),
      ("counter", { _ = try await SharedCounter("c", on: redis, ttl: time).add() }),
      ("flag", { _ = try await SharedFlag("f", on: redis, ttl: time).set("x") }),
      ("board", { _ = try await Leaderboard("b", on: redis, options: .init(ttl: time)).submit("p", 1) }),
      ("zone", { _ = try await Leaderboard("b", on: redis, options: .init(zone: time)).submit("p", 1) }),
      ("delay", { _ = try await ReliableQueue("q", on: redis).push("x", id: "i", delay: time) }),
      ("queue lease", { _ = try await ReliableQueue("q2", on: redis, options: .init(lease: time)).pop() }),
      (
        "queue wait",
        {
          try await ReliableQueue("q3", on: redis).push("x")
          _ = try await ReliableQueue("q3", on: redis).pop(wait: time)?.ack()
        }
      ),
      ("object", { _ = try await VersionedObject("o", on: redis, ttl: time).write(["a": "b"]) }),
      ("series", { _ = try await TimeSeries("t", on: redis, keep: time).add(1) }),
      ("span", { _ = try await TimeSeries("t", on: redis, keep: hour).points(span: time) }),
      ("step", { _ = try await TimeSeries("t", on: redis, keep: hour).steps(span: hour, step: time) }),
      ("every", { _ = try await UniqueCounter("u", on: redis, options: .init(every: time)).count() }),
      ("unique zone", { _ = try await UniqueCounter("u", on: redis, options: .init(zone: time)).count() }),
      ("stream keep", { _ = try await MessageStream("s", on: redis, keep: time).add(["a": "b"]) }),
      (
        "doctor",
        {
          var options = DoctorOptions()
          options.maxTime = time
          _ = try await Doctor(on: redis, options: options).examine()
        }
      ),
    ]
  }

  @Test(arguments: durations) func `a consumer refuses its times, or works`(time: Duration) async throws {
    try await withServer { _, redis in
      for field in [\StreamOptions.idle, \.backoff, \.wait, \.grace] {
        var options = StreamOptions()
        options.wait = .milliseconds(1)
        options[keyPath: field] = time
        let consumer = StreamConsumer("s", group: "g", on: redis, options: options)
        let stopper = Task { [consumer] in
          try? await Task.sleep(for: .milliseconds(20))
          consumer.stop()
        }
        do {
          try await consumer.run { _ in }
        } catch let error as RedisError {
          #expect(error.code == .argument, "\(error)")
        }
        await stopper.value
      }
    }
  }

  @Test(arguments: durations) func `a decision of any length has an answer`(time: Duration) {
    let decision = Decision(
      status: .denied, tier: "default", retryAfter: time,
      tiers: [TierState(name: "default", remaining: .max, resetAfter: time)])
    for cost in Self.numbers { #expect(HTTPAnswer(decision, to: .tokenBucket(5, per: time), cost: cost).status == 429) }
  }
}
