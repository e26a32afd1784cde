import RESP
import RedisPatterns

extension BenchOperation {
  static let caching: [BenchOperation] = [
    BenchOperation("caching: miss, load of 300 bytes, fill") { redis in
      let cache = cache(redis)
      return { at in _ = try await cache.getOrLoad("page\(at)") { value } }
    },
    BenchOperation("caching: hit of 300 bytes") { redis in
      let cache = cache(redis)
      _ = try await cache.getOrLoad("page") { value }
      return { _ in _ = try await cache.getOrLoad("page") { value } }
    },
    BenchOperation("caching: put of 300 bytes with a version") { redis in
      let cache = cache(redis)
      return { at in _ = try await cache.put("page", value, version: UInt64(at + 1)) }
    },
    BenchOperation("caching: delete") { redis in
      let cache = cache(redis)
      return { _ in _ = try await cache.delete("page") }
    },
  ]

  private static func cache(_ redis: any RedisExecutor) -> Cache<[UInt8]> {
    Cache(on: redis, options: CacheOptions(ttl: .seconds(600)), codec: .bytes)
  }
}
