import Foundation

/// A reproducible source of chance: splitmix64 (Steele, Lea, Flood, 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// How long random tests run, and from which seed: `REDIS_PATTERNS_SCALE` and `REDIS_PATTERNS_SEED`.
public enum RandomRun {
  /// Multiplies the counts of random tests; 1 is the share that every run takes.
  public static let scale = ProcessInfo.processInfo.environment["REDIS_PATTERNS_SCALE"].flatMap(Double.init) ?? 1

  /// The seed of this test; printed, so that a failure can be repeated.
  public static func seed(_ test: String) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["REDIS_PATTERNS_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("\(test): REDIS_PATTERNS_SEED=\(seed)")
    return seed
  }

  public static func count(_ share: Int) -> Int { max(1, Int(Double(share) * scale)) }
}
