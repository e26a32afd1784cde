import RESP

/// What a number must be before it is sent: the same rules in every language (`Tests/Conformance/README.md`, "Numbers").
///
/// Scripts calculate in doubles, which are exact below 2^53 only; so the bounds are checked here, and no script can
/// meet a number that it would round.
enum NumberRule {
  /// 2^52: sums of two such numbers are still exact in Lua.
  static let largest: Int64 = 1 << 52
  /// 2^53 - 1: fences are compared as numbers in Lua.
  static let largestFence: Int64 = (1 << 53) - 1
  /// 366 days in microseconds.
  static let longest: Int64 = 31_622_400_000_000
  /// A waiter's patience, at most: the queue's key lives as long (60 s).
  static let mostPatience: Int64 = 60_000_000
  /// Units of a window: products with the longest window are still exact in two steps.
  static let mostInWindow: Int64 = 1 << 45
  /// Units of a sliding log: 800 kB.
  static let mostInLog: Int64 = 100_000
  /// What 32 bits of milliseconds hold, in microseconds: grace and load time of a cache entry.
  static let longestInHeader: Int64 = 4_294_967_295_000

  static func time(
    _ duration: Duration, _ name: String, from least: Int64, to most: Int64 = longest
  ) throws(RedisError) -> Int64 {
    guard let us = duration.wholeMicroseconds, us >= least, us <= most else {
      throw .argument("\(name) is \(duration), not between \(least) and \(most) microseconds")
    }
    return us
  }

  /// A lease, a cache entry's life: at least a millisecond.
  static func ttl(_ duration: Duration, _ name: String = "ttl") throws(RedisError) -> Int64 {
    try time(duration, name, from: 1000)
  }

  static func count(
    _ value: Int64, _ name: String, from least: Int64 = 1, to most: Int64 = largest
  ) throws(RedisError) -> Int64 {
    guard value >= least, value <= most else {
      throw .argument("\(name) is \(value), not between \(least) and \(most)")
    }
    return value
  }

  /// Owners and tokens: 1 to 128 of `A-Z a-z 0-9 _ -`.
  static func word(_ text: String, _ name: String, longest: Int = 128) throws(RedisError) -> String {
    guard (1...longest).contains(text.utf8.count), text.hasOnly(isWord) else {
      throw .argument("\(name) is not 1 to \(longest) characters of A-Z a-z 0-9 _ -")
    }
    return text
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
