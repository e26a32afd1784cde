import CRedisSupport
import RESP

@usableFromInline typealias Reply = Result<RESPValue, RedisError>
@usableFromInline typealias Waiter = UnsafeContinuation<Reply, Never>

/// A command whose answer somebody waits for; or nobody any more, and the answer must still be counted off.
struct PendingCall {
  /// The waiter's continuation (one word), or a retained `Batch`; nil for a tombstone.
  var target: UnsafeMutableRawPointer?
  /// Names the call to the cancellation handler, which knows no place.
  var id: UInt64
  /// Nanoseconds: how long from now in the submit queue, until when on the loop.
  var deadline: UInt64
  /// Until when it may wait for a connection.
  var connectBy: UInt64
  /// Its length on the wire.
  var bytes: UInt32
  /// Its place in a batch plus one; 0 for a single call whose handler tells, `watched` for one whose task is asked.
  var place: UInt32

  static var watched: UInt32 { .max }

  /// - Parameter id: by which a cancellation handler names the call; nil where the loop asks the task.
  init(_ waiter: Waiter, id: UInt64?, timeout: UInt64, bytes: Int) {
    target = unsafeBitCast(waiter, to: UnsafeMutableRawPointer.self)
    self.id = id ?? 0
    deadline = timeout
    connectBy = .max
    self.bytes = UInt32(truncatingIfNeeded: bytes)
    place = id == nil ? Self.watched : 0
  }

  init(_ batch: Batch, place: Int, id: UInt64, timeout: UInt64, bytes: Int) {
    target = Unmanaged.passRetained(batch).toOpaque()
    self.id = id
    deadline = timeout
    connectBy = .max
    self.bytes = UInt32(truncatingIfNeeded: bytes)
    self.place = UInt32(place + 1)
  }

  /// Hands the answer to whoever waits, and leaves a tombstone.
  mutating func finish(_ reply: consuming Reply) {
    guard let target else { return }
    self.target = nil
    rps_hand_over()
    if place == 0 || place == Self.watched {
      unsafeBitCast(target, to: Waiter.self).resume(returning: reply)
    } else {
      Unmanaged<Batch>.fromOpaque(target).takeRetainedValue().finish(Int(place) - 1, reply)
    }
  }
}

extension PendingCall {
  static func isCurrentTask(_ waiter: Waiter) -> Bool {
    withUnsafeCurrentTask { task in
      task.map { unsafeBitCast($0, to: UnsafeRawPointer.self) == unsafeBitCast(waiter, to: UnsafeRawPointer.self) }
        ?? false
    }
  }

  /// Whether the task that waits was cancelled.
  ///
  /// A continuation is the address of its task: `swift_continuation_resume` takes it as one, and that is part of Swift's
  /// binary interface; `admit` asserts it. To ask is allowed from any thread, as long as the task lives.
  static func isCancelled(_ waiter: Waiter) -> Bool {
    rps_task_is_cancelled(unsafeBitCast(waiter, to: UnsafeMutableRawPointer.self))
  }

  /// The same where no handler tells. The task is alive: it is suspended in this very call until `finish` resumes it, and
  /// `finish` clears `target`, on the loop thread as this here.
  var isWatchedAndCancelled: Bool {
    guard place == Self.watched, let target else { return false }
    return rps_task_is_cancelled(target)
  }
}

/// The answers of a pipeline, gathered for one waiter.
///
/// Filled by the loop thread only, read by the waiter after the last one: the continuation orders the two.
final class Batch: @unchecked Sendable {
  private var replies: [Reply]
  private var missing: Int
  private let waiter: UnsafeContinuation<[Reply], Never>

  init(count: Int, _ waiter: UnsafeContinuation<[Reply], Never>) {
    replies = Array(repeating: .success(.null), count: count)
    missing = count
    self.waiter = waiter
  }

  func finish(_ place: Int, _ reply: Reply) {
    replies[place] = reply
    missing -= 1
    if missing == 0 { waiter.resume(returning: replies) }
  }
}

/// Calls in the order of their commands. Owned by hand: whoever makes one calls `release`.
struct CallRing {
  var base: UnsafeMutablePointer<PendingCall>
  var capacity: Int
  var head = 0
  var count = 0

  init(capacity: Int = 256) {
    base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  func release() { base.deallocate() }

  func index(_ place: Int) -> Int { (head &+ place) & (capacity &- 1) }

  /// The n-th oldest.
  subscript(_ place: Int) -> PendingCall {
    get { base[(head &+ place) & (capacity &- 1)] }
    nonmutating set { base[(head &+ place) & (capacity &- 1)] = newValue }
  }

  mutating func append(_ call: PendingCall) {
    if count == capacity { grow() }
    base[(head &+ count) & (capacity &- 1)] = call
    count &+= 1
  }

  mutating func removeFirst() -> PendingCall {
    let first = base[head]
    head = (head &+ 1) & (capacity &- 1)
    count &-= 1
    return first
  }

  mutating func removeFirst(_ some: Int) {
    head = (head &+ some) & (capacity &- 1)
    count &-= some
  }

  mutating func removeAll() {
    head = 0
    count = 0
    if capacity > 1 << 14 {
      base.deallocate()
      self = CallRing()
    }
  }

  private mutating func grow() {
    let fresh = UnsafeMutablePointer<PendingCall>.allocate(capacity: capacity * 2)
    for place in 0..<count { fresh[place] = self[place] }
    base.deallocate()
    base = fresh
    head = 0
    capacity *= 2
  }
}
