import RESP
import RedisPatterns

extension BenchOperation {
  static let pubsub: [BenchOperation] = [
    BenchOperation("pubsub: publish 300 bytes") { redis in
      let publisher = Publisher("news", on: redis, codec: .bytes)
      let value = [UInt8](repeating: 120, count: 300)
      return { _ in _ = try await publisher.publish(value) }
    }
  ]
}
