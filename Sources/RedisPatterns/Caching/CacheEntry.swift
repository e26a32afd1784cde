/// What lies under a cache key: a header of 32 bytes, tags, the payload. Layout 1, big-endian:
///
/// `'R' 'P' 1 flags codec compressor tags(2) version(8) grace_ms(4) load_ms(4) fresh_until_us(8)`; the flags are
/// 1 negative, 2 stale, 4 tombstone.
///
/// A string and not a hash: a hit is one plain GET that any client can do.
package struct CacheEntry: Sendable, Hashable {
  /// The source has no such thing: an answer too, and not a miss.
  package var isNegative = false
  /// Marked stale by hand: fresh until is not to be believed.
  package var isMarkedStale = false
  /// Which codec wrote the payload.
  package var codec: UInt8 = 0
  /// The source's version of the row; 0 where it has none.
  package var version: UInt64 = 0
  /// How long past `fresh until` the entry still lies there, for when the source fails.
  package var graceMs: UInt32 = 0
  /// How long the load took.
  package var loadMs: UInt32 = 0
  /// By the server's clock; stamped by the script that stores the entry.
  package var freshUntilUs: UInt64 = 0
  /// With the epochs that they had before the load.
  package var tags: [CacheTag] = []
  package var payload: [UInt8] = []

  static let headerSize = 32

  package init() {}

  /// What a delete leaves behind where the source has versions: one of them, and no value.
  static func tombstone(_ version: UInt64) -> [UInt8] {
    var entry = CacheEntry()
    entry.version = version
    var bytes = entry.bytes
    bytes[3] = 4
    return bytes
  }

  /// Nil for whatever is not of this layout, and for a tombstone: a miss, never an error.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headerSize, bytes[0] == UInt8(ascii: "R"),
      bytes[1] == UInt8(ascii: "P"), bytes[2] == 1
    else { return nil }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    let payloadAt = Self.headerSize + Int(number(6..<8))
    // No compressor is known here yet.
    guard payloadAt <= bytes.count, bytes[5] == 0, bytes[3] & 4 == 0,
      let tags = CacheTag.all(in: bytes[Self.headerSize..<payloadAt])
    else { return nil }
    self.tags = tags
    isNegative = bytes[3] & 1 != 0
    isMarkedStale = bytes[3] & 2 != 0
    codec = bytes[4]
    version = number(8..<16)
    graceMs = UInt32(number(16..<20))
    loadMs = UInt32(number(20..<24))
    freshUntilUs = number(24..<32)
    payload = Array(bytes[payloadAt...])
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "R"), UInt8(ascii: "P"), 1]
    bytes.reserveCapacity(Self.headerSize + payload.count)
    bytes.append((isNegative ? 1 : 0) | (isMarkedStale ? 2 : 0))
    let tags = self.tags.flatMap(\.bytes)
    bytes += [codec, 0, UInt8(truncatingIfNeeded: tags.count >> 8), UInt8(truncatingIfNeeded: tags.count)]
    func append(_ value: UInt64, _ size: Int) {
      for at in stride(from: size - 1, through: 0, by: -1) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(at * 8)))
      }
    }
    append(version, 8)
    append(UInt64(graceMs), 4)
    append(UInt64(loadMs), 4)
    append(freshUntilUs, 8)
    return bytes + tags + payload
  }

  /// Whether the entry was fresh when its remaining life was read, which must be *before* the entry itself was.
  ///
  /// Strict by up to 2 ms, the rounding of the key's expiry; the script that grants the load decides exactly.
  package func isFresh(pttlMs: Int64) -> Bool {
    !isMarkedStale && pttlMs > Int64(graceMs) + 2
  }
}
