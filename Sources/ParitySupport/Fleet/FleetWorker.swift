import Foundation
import RESP
import RedisPatterns

/// One process of a mixed fleet. `python -m redis_patterns._fleet` takes the same words and prints the same JSON.
///
/// All workers wait for each other first, so that they really meet.
public struct FleetWorker: Sendable {
  let redis: any RedisExecutor
  let namespace: String
  private let workers: Int

  /// - Parameter workers: how many there are in all; none begins before the last is ready.
  public init(on redis: any RedisExecutor, namespace: String, workers: Int) {
    self.redis = redis
    self.namespace = namespace
    self.workers = workers
  }

  /// Takes one unit at a time from one bucket, and says what was left after each that was admitted.
  /// - Parameter naive: counts in two steps, a read and a write: the control that admits too many.
  public func bucket(id: String, limit: RateLimit, attempts: Int, naive: Bool) async throws -> JSONValue {
    let limiter = RateLimiter(on: redis, limit: limit, namespace: namespace)
    try await meet()
    var remaining: [JSONValue] = []
    var denied: Int64 = 0
    for _ in 0..<attempts {
      let left = naive ? try await naiveTake(id, limit) : try await limiter.take(id).left
      if let left { remaining.append(.int(left)) } else { denied += 1 }
    }
    return ["admitted": .int(Int64(remaining.count)), "denied": .int(denied), "remaining": .array(remaining)]
  }

  /// Enters a critical section again and again, and writes its begin and end into one log.
  /// - Parameter naive: looks and then takes, in two steps: the control that must overlap.
  public func lock(name: String, rounds: Int, naive: Bool) async throws -> JSONValue {
    let lock = Lock(name, on: redis, ttl: .seconds(5), patience: .milliseconds(500), namespace: namespace)
    let me = "swift-\(getpid())"
    try await meet()
    for _ in 0..<rounds {
      if naive {
        try await naively(name) { fence in try await critical(fence, me) }
      } else {
        try await lock.withLock(wait: .seconds(60)) { lease in try await critical(lease.fence, me) }
      }
    }
    return ["rounds": .int(Int64(rounds))]
  }

  /// Asks for the same keys as all others at the same time, and says how often it loaded each.
  /// - Parameter naive: reads, loads, writes: the control that loads more than once.
  public func cache(keys: Int, loadUs: Int64, naive: Bool) async throws -> JSONValue {
    let cache = Cache(on: redis, codec: .string, namespace: namespace)
    try await meet()
    var wrong: Int64 = 0
    for key in 0..<keys {
      let load = { @Sendable () async throws -> String? in
        _ = try await redis.execute(RESPCommand("HINCRBY", "\(namespace):fleet:loads", "key-\(key)", 1))
        try await Task.sleep(for: .microseconds(loadUs))
        return "value-\(key)"
      }
      let value = try await naive ? naiveGetOrLoad("key-\(key)", load) : cache.getOrLoad("key-\(key)", load: load)
      if value != "value-\(key)" { wrong += 1 }
      // All together again: each key must be cold for every worker.
      try await meet()
    }
    return ["keys": .int(Int64(keys)), "wrong": .int(wrong)]
  }

  /// Returns when every worker has come here as often as this one.
  func meet() async throws {
    let counter = "\(namespace):fleet:ready"
    let mine = try await redis.execute(RESPCommand("INCR", counter)).int ?? 0
    let wanted = (mine - 1) / Int64(workers) * Int64(workers) + Int64(workers)
    let deadline = ContinuousClock.now + .seconds(60)
    while try await redis.execute(RESPCommand("GET", counter)).int ?? 0 < wanted {
      guard ContinuousClock.now < deadline else { throw ParityError("the other workers did not come within 60 s") }
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  /// A read and a write with time between: whoever overlaps loses an update, and shows in the log.
  private func critical(_ fence: Int64, _ me: String) async throws {
    let (log, counter) = ("\(namespace):fleet:log", "\(namespace):fleet:counter")
    _ = try await redis.execute(RESPCommand("RPUSH", log, "begin \(fence) \(me)"))
    let count = try await redis.execute(RESPCommand("GET", counter)).int ?? 0
    _ = try await redis.execute(RESPCommand("SET", counter, count + 1))
    _ = try await redis.execute(RESPCommand("RPUSH", log, "end \(fence) \(me)"))
  }

  private func naiveTake(_ id: String, _ limit: RateLimit) async throws -> Int64? {
    let key = "\(namespace):naive:\(id)"
    let left = try await redis.execute(RESPCommand("GET", key)).int ?? Int64(limit.tiers[0].burst)
    guard left > 0 else { return nil }
    _ = try await redis.execute(RESPCommand("SET", key, left - 1))
    return left - 1
  }

  private func naively(_ name: String, _ work: (Int64) async throws -> Void) async throws {
    let key = "\(namespace):naive:\(name)"
    while try await !redis.execute(RESPCommand("GET", key)).isNull { await Task.yield() }
    _ = try await redis.execute(RESPCommand("SET", key, "held"))
    let fence = try await redis.execute(RESPCommand("INCR", key + ":fence")).int ?? 0
    try await work(fence)
    _ = try await redis.execute(RESPCommand("DEL", key))
  }

  private func naiveGetOrLoad(_ key: String, _ load: () async throws -> String?) async throws -> String? {
    let name = "\(namespace):naive:\(key)"
    if let found = try await redis.execute(RESPCommand("GET", name)).string { return found }
    let value = try await load()
    _ = try await redis.execute(RESPCommand("SET", name, value ?? "", "PX", 60_000))
    return value
  }
}

extension Decision {
  /// What remained after an admission; nil when there was none.
  fileprivate var left: Int64? { isAllowed ? Int64(remaining) : nil }
}
