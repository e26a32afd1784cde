import CRedisSupport

/// Pauses between attempts: doubling, capped, and random in full ("full jitter"), so that a fleet spreads out.
struct Backoff {
  let base: UInt64
  let cap: UInt64
  private var state = rps_random() | 1

  init(_ options: RedisClientOptions) {
    base = max(1_000_000, options.reconnectBase.nanoseconds)
    cap = max(base, options.reconnectCap.nanoseconds)
  }

  /// Failures that no waiting mends, such as a wrong password.
  static let hopeless = 1_000_000

  /// Nanoseconds to wait after this many failures in a row; at least half the base, so that nothing spins.
  mutating func pause(after failures: Int) -> UInt64 {
    let ceiling = min(cap, base << UInt64(min(failures, 16)))
    if failures >= Self.hopeless { return cap * 20 + random() % cap }
    return base / 2 + random() % ceiling
  }

  /// xorshift64*: no system call per pause.
  private mutating func random() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

extension Duration {
  /// As a time to sleep: three centuries at most, because a sleep beyond 64 bits ends the process.
  var asSleep: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }

  /// Whole nanoseconds; negative durations count as none, those beyond five centuries as endless.
  @usableFromInline var nanoseconds: UInt64 {
    guard self > .zero else { return 0 }
    // Before `components`, which end the process where the seconds alone need more than 64 bits.
    guard self < .seconds(16_000_000_000) else { return .max }
    let (seconds, attoseconds) = components
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
