import RESP

/// An operation as a caller writes it. `scripts/bench.d/pattern_operations.py` has the same under the same names.
struct BenchOperation: Sendable {
  typealias Step = @Sendable (Int) async throws -> Void

  /// `locks: renew`
  let name: String
  /// Prepares on an empty database and gives the step that is measured; it gets 0, 1, 2…
  let make: @Sendable (any RedisExecutor) async throws -> Step

  init(_ name: String, _ make: @escaping @Sendable (any RedisExecutor) async throws -> Step) {
    self.name = name
    self.make = make
  }

  /// 300 bytes, as in Python.
  static let value = [UInt8](repeating: 120, count: 300)

  static let all: [BenchOperation] = [
    rateLimiting, locks, caching, sessions, pubsub, streams, structures,
  ].flatMap { $0 }
}
