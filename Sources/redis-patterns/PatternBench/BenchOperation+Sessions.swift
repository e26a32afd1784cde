import RESP
import RedisPatterns

extension BenchOperation {
  static let sessions: [BenchOperation] = [
    BenchOperation("sessions: create, 6 fields of 50 bytes") { redis in
      let store = store(redis)
      return { at in _ = try await store.create(user: "user\(at)", data: data) }
    },
    BenchOperation("sessions: load") { redis in
      let store = store(redis)
      let session = try await store.create(user: "ann", data: data).session
      return { _ in _ = try await store.load(session?.id) }
    },
    BenchOperation("sessions: change one field") { redis in
      let store = store(redis)
      guard let session = try await store.create(user: "ann", data: data).session else { return { _ in } }
      return { at in _ = try await store.update(session.id, put: ["field1": "\(at)"]) }
    },
  ]

  private static let data = Dictionary(
    uniqueKeysWithValues: (0..<6).map { ("field\($0)", String(repeating: "x", count: 50)) })

  private static func store(_ redis: any RedisExecutor) -> Sessions {
    Sessions(on: redis, options: SessionOptions(idle: .seconds(600)))
  }
}
