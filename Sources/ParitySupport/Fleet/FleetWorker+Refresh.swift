import Foundation
import RESP
import RedisPatterns

extension FleetWorker {
  /// Asks for one key, again and again, until it has been loaded so many times; each load says in one log which entry
  /// it was to replace.
  /// - Parameter naive: looks at the end of the value by its own clock, and loads: the control that loads too often.
  public func refresh(loads: Int64, ttlUs: Int64, loadUs: Int64, naive: Bool) async throws -> JSONValue {
    let options = CacheOptions(
      ttl: .microseconds(ttlUs), grace: .seconds(60), jitter: 0, wait: .seconds(60), refresh: .background)
    let cache = Cache(on: redis, options: options, codec: .string, namespace: namespace)
    try await meet()
    var (asked, backwards, last): (Int64, Int64, Int64) = (0, 0, 0)
    while last < loads {
      let value: String? =
        if naive {
          try await naiveRefresh(ttlUs, loadUs)
        } else {
          try await cache.getOrLoad("hot") {
            let seen = try await redis.execute(RESPCommand("GETRANGE", "\(namespace):cache:{hot}", 24, 31)).bytes ?? []
            return try await load(seen.map { String($0, radix: 16) }.joined(separator: "."), loadUs)
          }
        }
      let number = value.flatMap { Int64($0) } ?? 0
      asked += 1
      if number < last { backwards += 1 }
      last = max(last, number)
      try await Task.sleep(for: .milliseconds(1))
    }
    await cache.drain()
    return ["asked": .int(asked), "backwards": .int(backwards)]
  }

  private func load(_ seen: String, _ loadUs: Int64) async throws -> String {
    let (log, line) = ("\(namespace):fleet:log", "[\(seen)] swift-\(getpid())")
    _ = try await redis.execute(RESPCommand("RPUSH", log, "begin \(line)"))
    try await Task.sleep(for: .microseconds(loadUs))
    let number = try await redis.execute(RESPCommand("INCR", "\(namespace):fleet:version")).int ?? 0
    _ = try await redis.execute(RESPCommand("RPUSH", log, "end \(line)"))
    return String(number)
  }

  private func naiveRefresh(_ ttlUs: Int64, _ loadUs: Int64) async throws -> String {
    let key = "\(namespace):naive:hot"
    let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
    let stored = try await redis.execute(RESPCommand("GET", key)).string?.split(separator: " ") ?? []
    if stored.count == 2, Int64(stored[0]) ?? 0 > now { return String(stored[1]) }
    let value = try await load(stored.first.map(String.init) ?? "", loadUs)
    _ = try await redis.execute(RESPCommand("SET", key, "\(now + loadUs + ttlUs) \(value)", "PX", 60_000))
    return value
  }
}
