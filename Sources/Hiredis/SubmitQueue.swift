import CRedisSupport
import RESP

/// What callers hand to the loop: encoded commands and who waits for their answers. Any thread, under `lock`.
@usableFromInline struct SubmitQueue {
  @usableFromInline var lock = rps_lock_t()
  /// The loop knows that something is here.
  @usableFromInline var announced = false
  @usableFromInline var out = OutBuffer()
  @usableFromInline var calls = CallRing()
  var cancelled: [UInt64] = []

  /// Calls that were submitted and whose answers (or tombstones) are not counted off.
  @usableFromInline var outstanding = 0
  /// Bytes that the loop holds and could not send yet.
  @usableFromInline var backlog = 0
  @usableFromInline let mostOutstanding: Int
  @usableFromInline let mostBytes: Int
  /// Why every further call is refused.
  @usableFromInline var refusal: RedisError?

  init(_ options: RedisClientOptions) {
    mostOutstanding = options.maxInFlight
    // A call keeps its length in 32 bits.
    mostBytes = min(options.maxQueuedBytes, Int(UInt32.max))
    rps_lock_init(&lock)
  }

  func release() {
    out.release()
    calls.release()
  }

  /// Whether `more` calls may enter; the reason if not.
  @inlinable func admits(_ more: Int) -> Bool {
    refusal == nil && outstanding &+ more <= mostOutstanding && out.count &+ backlog <= mostBytes
  }
}
