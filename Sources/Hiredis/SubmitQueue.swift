import CRedisSupport
import RESP

/// What callers hand to the loop: encoded commands and who waits for their answers. Any thread, under its lock.
@usableFromInline struct SubmitQueue {
  /// The loop knows that something is here.
  var announced = false
  @usableFromInline var out = OutBuffer()
  var calls = CallRing()
  var cancelled: [UInt64] = []

  /// Calls that were submitted and whose answers (or tombstones) are not counted off.
  var outstanding = 0
  /// Bytes that the loop holds and could not send yet.
  var backlog = 0
  let mostOutstanding: Int
  let mostBytes: Int
  /// Why every further call is refused.
  var refusal: RedisError?

  init(_ options: RedisClientOptions) {
    mostOutstanding = options.maxInFlight
    // A call keeps its length in 32 bits.
    mostBytes = min(options.maxQueuedBytes, Int(UInt32.max))
  }

  func release() {
    out.release()
    calls.release()
  }

  /// Whether `more` calls may enter; the reason if not.
  func admits(_ more: Int) -> Bool {
    refusal == nil && outstanding &+ more <= mostOutstanding && out.count &+ backlog <= mostBytes
  }
}

extension UnsafeMutablePointer<SubmitQueue> {
  /// The lock lies before the queue, not in it: whoever touches a field accesses the whole struct in the language's eyes,
  /// and those who try the lock must not.
  static var lockSpace: Int { 16 }

  static func make(_ options: RedisClientOptions) -> Self {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: lockSpace + MemoryLayout<SubmitQueue>.size, alignment: 16)
    rps_lock_init(block.bindMemory(to: rps_lock_t.self, capacity: 1))
    let queue = (block + lockSpace).bindMemory(to: SubmitQueue.self, capacity: 1)
    queue.initialize(to: SubmitQueue(options))
    return queue
  }

  func destroy() {
    pointee.release()
    deinitialize(count: 1)
    (UnsafeMutableRawPointer(self) - Self.lockSpace).deallocate()
  }

  var lock: UnsafeMutablePointer<rps_lock_t> {
    (UnsafeMutableRawPointer(self) - Self.lockSpace).assumingMemoryBound(to: rps_lock_t.self)
  }

  func take() { rps_lock_take(lock) }

  func give() { rps_lock_give(lock) }
}
