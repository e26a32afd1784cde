import Foundation
import RESP
import RedisPatterns

extension FleetWorker {
  /// Submits players of its own with one score, and says which rank each was told; then adds to a player that all share,
  /// one at a time, and says every sum.
  /// - Parameter naive: a plain sorted set, and a sum read and written in two steps: the control.
  public func board(name: String, rounds: Int, naive: Bool) async throws -> JSONValue {
    let board = Leaderboard(name, on: redis, namespace: namespace)
    let (plain, me) = ("\(namespace):naive:\(name)", "swift-\(getpid())")
    var ranks: [String: JSONValue] = [:]
    var sums: [JSONValue] = []
    try await meet()
    for number in 0..<rounds {
      let player = "\(me)-\(number)"
      if naive {
        _ = try await redis.execute(RESPCommand("ZADD", plain, 100, player))
        ranks[player] = .int((try await redis.execute(RESPCommand("ZREVRANK", plain, player)).int ?? -1) + 1)
      } else {
        ranks[player] = .int(Int64(try await board.submit(player, 100).places.first?.rank ?? 0))
      }
    }
    try await meet()
    for _ in 0..<rounds {
      if naive {
        let sum = (try await redis.execute(RESPCommand("ZSCORE", plain, "shared")).string).flatMap { Int64($0) } ?? 0
        _ = try await redis.execute(RESPCommand("ZADD", plain, sum + 1, "shared"))
        sums.append(.int(sum + 1))
      } else {
        sums.append(.int(Int64(try await board.submit("shared", 1, mode: .add).places.first?.score ?? 0)))
      }
    }
    return ["ranks": .object(ranks), "sums": .array(sums)]
  }

  /// Adds one at a time to a counter with a bound, each addition twice with one request id, as after a lost answer.
  /// - Parameter naive: reads and writes in two steps: the control that counts one twice.
  public func counter(name: String, most: Int, attempts: Int, naive: Bool) async throws -> JSONValue {
    let counter = SharedCounter(name, on: redis, ttl: .seconds(600), bounds: 0...most, namespace: namespace)
    let plain = "\(namespace):naive:\(name)"
    var counted: [JSONValue] = []
    var (refused, different): (Int64, Int64) = (0, 0)
    try await meet()
    for number in 0..<attempts {
      if naive {
        let value = try await redis.execute(RESPCommand("GET", plain)).int ?? 0
        guard value < most else { continue }
        _ = try await redis.execute(RESPCommand("SET", plain, value + 1))
        counted.append(.int(value + 1))
        continue
      }
      let request = "swift-\(getpid())-\(number)"
      let first = try await counter.add(request: request)
      if try await counter.add(request: request).value != first.value { different += 1 }
      if case .counted(let value, _) = first { counted.append(.int(Int64(value))) } else { refused += 1 }
    }
    return ["counted": .array(counted), "refused": .int(refused), "different": .int(different)]
  }

  /// Works on a queue until the key `<namespace>:fleet:done` is there. Each hand-out goes into one list, each piece of work
  /// that was finished and each `acked` into a hash. A test kills it at random.
  /// - Parameter naive: takes jobs off a plain list: the control that loses what the killed have in hand.
  public func queue(name: String, leaseUs: Int64, workUs: Int64, naive: Bool) async throws -> JSONValue {
    // More attempts than any kill can use up: what is killed again and again is not the job's fault.
    let options = QueueOptions(lease: .microseconds(leaseUs), tries: 1000)
    let queue = ReliableQueue(name, on: redis, options: options, namespace: namespace)
    var ends: [String: Int64] = ["acked": 0, "retried": 0, "buried": 0, "lost": 0]
    while try await redis.execute(RESPCommand("EXISTS", "\(namespace):fleet:done")).int == 0 {
      if naive {
        guard let id = try await redis.execute(RESPCommand("LPOP", "\(namespace):naive:\(name)")).string else {
          try await Task.sleep(for: .milliseconds(5))
          continue
        }
        try await work(id, attempt: 1, workUs)
        continue
      }
      guard let job = try await queue.pop(wait: .milliseconds(50)) else { continue }
      try await work(job.id, attempt: job.attempt, workUs)
      let roll = Int.random(in: 0..<10)
      if roll == 0 { _ = try await job.extend() }
      let end = try await roll == 1 ? job.retry(after: .milliseconds(5)) : job.ack()
      ends[end.rawValue, default: 0] += 1
      if end == .acked { _ = try await redis.execute(RESPCommand("HINCRBY", "\(namespace):fleet:acked", job.id, 1)) }
    }
    return .object(ends.mapValues { .int($0) })
  }

  private func work(_ id: String, attempt: Int, _ workUs: Int64) async throws {
    _ = try await redis.execute(RESPCommand("RPUSH", "\(namespace):fleet:hands", "\(id) \(attempt)"))
    try await Task.sleep(for: .microseconds(Int64.random(in: 0...workUs)))
    _ = try await redis.execute(RESPCommand("HINCRBY", "\(namespace):fleet:handled", id, 1))
  }
}
