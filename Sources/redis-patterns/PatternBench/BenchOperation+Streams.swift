import RESP
import RedisPatterns

extension BenchOperation {
  static let streams: [BenchOperation] = [
    BenchOperation("streams: add 300 bytes") { redis in
      let orders = MessageStream("orders", on: redis)
      return { _ in _ = try await orders.add(["body": value]) }
    },
    BenchOperation("streams: add 300 bytes, with a request id") { redis in
      let orders = MessageStream("orders", on: redis)
      return { at in _ = try await orders.add(["body": value], request: "r\(at)") }
    },
  ]
}
