import RESP
import RedisPatterns

extension BenchOperation {
  static let locks: [BenchOperation] = [
    BenchOperation("locks: take and release") { redis in
      let lock = Lock("job", on: redis)
      return { _ in _ = try await lock.tryAcquire().lease?.release() }
    },
    BenchOperation("locks: renew") { redis in
      let lease = try await Lock("job", on: redis, ttl: .seconds(600)).tryAcquire().lease
      return { _ in _ = try await lease?.renew() }
    },
    BenchOperation("locks: ask for a held lock") { redis in
      let lease = try await Lock("job", on: redis, ttl: .seconds(600)).tryAcquire().lease
      let other = Lock("job", on: redis)
      return { [lease] _ in
        _ = lease
        _ = try await other.tryAcquire()
      }
    },
    BenchOperation("locks: take and give back a permit of 8") { redis in
      let semaphore = Semaphore("pool", on: redis, limit: 8)
      return { _ in _ = try await semaphore.tryAcquire().lease?.release() }
    },
    BenchOperation("locks: fenced write of 300 bytes") { redis in
      let report = FencedValue("report", on: redis, ttl: .seconds(3600))
      let value = [UInt8](repeating: 120, count: 300)
      return { at in _ = try await report.write(value, fence: Int64(at + 1)) }
    },
  ]
}
