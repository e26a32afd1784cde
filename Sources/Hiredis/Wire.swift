import CRedisSupport
import RESP

/// Takes the replies of a connection on which nobody waits for single answers. Called on the loop thread.
protocol PushHandler: AnyObject, Sendable {
  func connected()
  /// Whether a lost connection is worth having back at once.
  var wantsConnection: Bool { get }
  func received(_ value: RESPValue)
  /// What came before may have been lost; a new connection is on its way unless the client was closed.
  func lost(_ error: RedisError, final: Bool)
}

/// The loop's half of a channel. Owned by hand: whoever makes one calls `release`.
struct Wire {
  enum Phase {
    /// Not connected, and nobody asks for it.
    case idle
    /// A helper thread is dialling.
    case connecting
    /// Waiting before the next attempt.
    case pausing
    case ready
    /// For good.
    case closed
  }

  var phase = Phase.idle
  var transport: OpaquePointer?
  /// Calls whose answers are to come: first those that were sent, then those that were not.
  var ring = CallRing()
  /// Bytes of all calls in the ring.
  var ringBytes = 0
  /// What is not on its way for certain. The first `taken` bytes are in the transport's hands.
  var out = OutBuffer()
  var taken = 0
  var wantsWrite = false
  var unflushed = false
  /// Calls counted off since the submit queue was told.
  var finished = 0

  /// No call in the ring is due before.
  var earliest = UInt64.max
  var retryAt = UInt64.max
  /// When the tasks that wait are asked next whether they were cancelled; `.max` while none waits.
  var nextWatch = UInt64.max
  var watchedAt: UInt64 = 0
  var watchInterval = Self.shortestWatch
  /// Numbers the attempts, so that a late answer of an old one is known.
  var attempt: UInt64 = 0
  /// In a row: attempts that failed, and connections that ended before they were any good.
  var failures = 0
  var connectedAt: UInt64 = 0
  /// A reply came on this connection.
  var answered = false
  var cause: RedisError?
  var lastReceived: UInt64 = 0
  var backoff: Backoff
  let connectTimeout: UInt64
  let stallLimit: UInt64

  let builder: UnsafeMutablePointer<ReplyBuilder>
  let sink: UnsafeMutablePointer<rps_sink_t>

  init(_ options: RedisClientOptions) {
    backoff = Backoff(options)
    // A little less than promised: what is promised includes the way back to the caller.
    let promised = options.connectTimeout.nanoseconds
    connectTimeout = promised == .max ? .max : promised / 20 * 17
    stallLimit = max(options.commandTimeout.nanoseconds, 1_000_000_000)
    builder = .allocate(capacity: 1)
    builder.initialize(
      to: ReplyBuilder(.init(bytes: options.maxReplyBytes, elements: options.maxReplyElements)))
    sink = .allocate(capacity: 1)
    sink.initialize(to: ReplyBuilder.sink(builder))
  }

  func release() {
    ring.release()
    out.release()
    sink.deallocate()
    builder.deinitialize(count: 1)
    builder.deallocate()
  }

  var nextTimer: UInt64 { min(earliest, nextWatch, phase == .pausing ? retryAt : .max) }

  /// Nanoseconds. From 2 ms, doubled up to 16 ms while no reply comes: a cancelled call ends that soon.
  static var shortestWatch: UInt64 { 2_000_000 }
  static var longestWatch: UInt64 { 16_000_000 }

  /// - Parameter heard: whether a reply came since the last time.
  mutating func planWatch(_ now: UInt64, heard: Bool) {
    guard ring.count > 0 else {
      nextWatch = .max
      watchInterval = Self.shortestWatch
      return
    }
    watchInterval = heard ? Self.shortestWatch : min(watchInterval * 2, Self.longestWatch)
    // To ask costs some tens of nanoseconds a call: a long queue is asked less often.
    nextWatch = later(now, watchInterval + UInt64(ring.count) * 1000)
  }

  /// Bytes that have not left this process.
  var unwritten: Int {
    out.count - taken + (transport.map { Int(rps_transport_unsent($0)) } ?? 0)
  }

  /// How many of the newest calls have not left, not even by one byte, and their length: what may be sent anew when the
  /// connection is lost.
  func unsent() -> (calls: Int, bytes: Int) { newest(within: unwritten) }

  /// How many of the newest calls are not in the transport's hands, and their length: what can still be taken back. The
  /// transport sends whatever it holds, so what it holds counts as sent to those who give up.
  func held() -> (calls: Int, bytes: Int) { newest(within: out.count - taken) }

  private func newest(within limit: Int) -> (calls: Int, bytes: Int) {
    var calls = 0
    var bytes = 0
    while calls < ring.count {
      let length = Int(ring[ring.count - 1 - calls].bytes)
      if bytes + length > limit { break }
      bytes += length
      calls += 1
    }
    return (calls, bytes)
  }
}

/// Saturating: `.max` means never.
func later(_ now: UInt64, _ nanoseconds: UInt64) -> UInt64 {
  let (sum, overflow) = now.addingReportingOverflow(nanoseconds)
  return overflow ? .max : sum
}
