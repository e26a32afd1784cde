import RedisPatternsTesting
import Testing

/// Looks at every key of the shared server all the time, and remembers what broke the rule.
private actor KeySampler {
  static let shared = KeySampler()

  private var redis: BlockingExecutor?
  private var lifetimes: KeyLifetimes?
  private var seen: Set<String> = []

  /// Looks now, and returns everything that was ever seen.
  func offenders() async throws -> [String] {
    try await look()
    return seen.sorted()
  }

  private func look() async throws {
    let (lifetimes, redis) = try await ready()
    seen.formUnion(try await lifetimes.offenders(on: redis))
  }

  private func ready() async throws -> (KeyLifetimes, BlockingExecutor) {
    if let lifetimes, let redis { return (lifetimes, redis) }
    let made = (try KeyLifetimes(), try BlockingExecutor(socketPath: try await RedisServer.shared().socketPath))
    (lifetimes, redis) = made
    // Until the process ends.
    Task {
      while (try? await self.look()) != nil { try? await Task.sleep(for: .milliseconds(250)) }
    }
    return made
  }
}

/// Every key of ours on the shared server has an end, and no later one than its contract says: looked at all the time
/// while such tests run, and after each of them.
public struct NoImmortalKeys: SuiteTrait, TestTrait, TestScoping {
  public let isRecursive = true

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await function()
    guard testCase != nil else { return }
    let offenders = try await KeySampler.shared.offenders()
    #expect(offenders.isEmpty, "keys that live too long: \(offenders.prefix(5))")
  }
}

extension Trait where Self == NoImmortalKeys {
  public static var noImmortalKeys: Self { NoImmortalKeys() }
}
