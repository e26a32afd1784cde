import CRedisSupport
import Synchronization

/// What other threads tell the loop, and how they wake it: only when it sleeps, and only once.
///
/// `state` is guarded by its lock. `local` belongs to the loop thread alone; `thread` says which that is.
final class Mailbox: @unchecked Sendable {
  typealias Action = @Sendable (LoopThread) -> Void

  struct Mail {
    /// Channels with something new in their submit queue.
    var channels: [Channel] = []
    var jobs: [UnownedJob] = []
    var actions: [Action] = []

    var isEmpty: Bool { channels.isEmpty && jobs.isEmpty && actions.isEmpty }

    mutating func removeAll() {
      channels.removeAll(keepingCapacity: true)
      jobs.removeAll(keepingCapacity: true)
      actions.removeAll(keepingCapacity: true)
    }
  }

  private struct State {
    var awake = true
    var stopped = false
    var mail = Mail()
  }

  // Beside the state and not in it: to lend a field with `&` is, in the language's eyes, a write to it.
  private let lock: UnsafeMutablePointer<rps_lock_t>
  private let state: UnsafeMutablePointer<State>
  let poller: UnsafeMutablePointer<rps_poller_t>
  let local: UnsafeMutablePointer<JobQueue>
  let thread = Atomic<UInt>(0)

  /// - Throws: the errno for which there is no poller.
  init() throws(SystemFailure) {
    poller = .allocate(capacity: 1)
    poller.initialize(to: rps_poller_t())
    let reason = rps_poller_open(poller)
    guard reason == 0 else {
      poller.deallocate()
      throw SystemFailure(errno: reason)
    }
    state = .allocate(capacity: 1)
    state.initialize(to: State())
    lock = .allocate(capacity: 1)
    rps_lock_init(lock)
    local = .allocate(capacity: 1)
    local.initialize(to: JobQueue())
  }

  deinit {
    // The last one who could wake the loop is gone: only now may the descriptor's number be given away.
    rps_poller_close(poller)
    poller.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
    lock.deallocate()
    local.pointee.release()
    local.deallocate()
  }

  var isLoopThread: Bool { thread.load(ordering: .relaxed) == rps_thread_id() }

  func announce(_ channel: Channel) { put { $0.channels.append(channel) } }

  /// False when the loop has ended: the action will never run.
  @discardableResult func act(_ action: @escaping Action) -> Bool { put { $0.actions.append(action) } }

  func enqueue(_ job: UnownedJob) {
    if isLoopThread {
      local.pointee.append(job)
    } else {
      put { $0.jobs.append(job) }
    }
  }

  @inline(__always) @discardableResult private func put(_ change: (inout Mail) -> Void) -> Bool {
    rps_lock_take(lock)
    if state.pointee.stopped {
      // Nobody will read it, and what it holds might hold us.
      rps_lock_give(lock)
      return false
    }
    change(&state.pointee.mail)
    let wake = !state.pointee.awake
    state.pointee.awake = true
    rps_lock_give(lock)
    if wake { rps_poller_wake(poller) }
    return true
  }

  // MARK: Loop thread

  /// Swaps the mail for the (empty) one given, and marks the loop awake.
  func collect(_ mail: inout Mail) {
    rps_lock_take(lock)
    swap(&mail, &state.pointee.mail)
    state.pointee.awake = true
    rps_lock_give(lock)
  }

  /// Accepts nothing more, unless something came meanwhile.
  func stopIfEmpty() -> Bool {
    rps_lock_take(lock)
    defer { rps_lock_give(lock) }
    state.pointee.stopped = state.pointee.mail.isEmpty
    return state.pointee.stopped
  }

  /// Whether nothing waits; from then on the next letter wakes.
  func maySleep() -> Bool {
    guard local.pointee.isEmpty else { return false }
    rps_lock_take(lock)
    let empty = state.pointee.mail.isEmpty
    state.pointee.awake = !empty
    rps_lock_give(lock)
    return empty
  }
}

/// The system refused something that the client cannot do without.
struct SystemFailure: Error {
  let errno: Int32
}

/// Jobs in order. Owned by hand: whoever makes one calls `release`.
struct JobQueue {
  private var base = UnsafeMutablePointer<UnownedJob>.allocate(capacity: 256)
  private var capacity = 256
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  func release() { base.deallocate() }

  mutating func append(_ job: UnownedJob) {
    if count == capacity {
      let fresh = UnsafeMutablePointer<UnownedJob>.allocate(capacity: capacity * 2)
      for place in 0..<count { (fresh + place).initialize(to: base[(head &+ place) & (capacity &- 1)]) }
      base.deallocate()
      base = fresh
      head = 0
      capacity *= 2
    }
    (base + ((head &+ count) & (capacity &- 1))).initialize(to: job)
    count &+= 1
  }

  mutating func removeFirst() -> UnownedJob {
    let first = base[head]
    head = (head &+ 1) & (capacity &- 1)
    count &-= 1
    return first
  }
}
