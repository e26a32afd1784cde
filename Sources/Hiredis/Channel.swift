import CRedisSupport
import RESP
import Synchronization

/// One connection as callers see it: commands go in from any thread, each answer comes back to its caller.
///
/// Two halves, each behind a pointer, because an access to a class's field costs a check and these are made millions of
/// times a second: `queue` is guarded by its lock, `wire` is touched by the loop thread only. That is what makes this Sendable.
@usableFromInline final class Channel: @unchecked Sendable {
  enum Role {
    /// Many callers; comes back by itself after a loss.
    case shared
    /// One holder; a loss is final, and so is a cancelled call: the server may still be blocked in it.
    case leased
    /// Nobody waits for single answers; all go to a handler. Comes back by itself.
    case pushed(any PushHandler)
  }

  @usableFromInline let queue: UnsafeMutablePointer<SubmitQueue>
  let wire: UnsafeMutablePointer<Wire>
  let mailbox: Mailbox
  let role: Role
  let url: RedisURL
  let options: RedisClientOptions
  let generation = rps_fork_generation()
  let ids = Atomic<UInt64>(1)
  /// The loop asks the tasks that wait whether they were cancelled, instead of being told by a handler: installing one
  /// costs a fifth of a whole call. Not where calls may wait for minutes.
  @usableFromInline let watchesTasks: Bool

  var address: String { url.address }

  init(_ url: RedisURL, _ options: RedisClientOptions, _ mailbox: Mailbox, _ role: Role = .shared) {
    self.url = url
    self.options = options
    self.mailbox = mailbox
    self.role = role
    watchesTasks = if case .shared = role { true } else { false }
    queue = .make(options)
    wire = .allocate(capacity: 1)
    wire.initialize(to: Wire(options))
    mailbox.act { [self] in $0.add(self) }
  }

  deinit {
    queue.destroy()
    wire.pointee.release()
    wire.deinitialize(count: 1)
    wire.deallocate()
  }

  /// Sends one command and waits for its answer.
  ///
  /// Part of whoever calls it: a frame of its own would be allocated for every call.
  /// - Parameter timeout: nanoseconds; `.max` for ever.
  @inlinable @inline(__always)
  func call(timeout: UInt64, _ encode: (inout OutBuffer) -> Void) async -> Reply {
    guard watchesTasks else { return await callWithHandler(timeout: timeout, encode) }
    let reply = await suspended { (waiter: Waiter) in
      submit(waiter, id: nil, timeout: timeout, encode)
    }
    rps_take_over()
    return reply
  }

  @usableFromInline func callWithHandler(timeout: UInt64, _ encode: (inout OutBuffer) -> Void) async -> Reply {
    let id = ids.wrappingAdd(1, ordering: .relaxed).oldValue
    let reply = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: Waiter) in
        submit(waiter, id: id, timeout: timeout, encode)
      }
    } onCancel: {
      cancel(id)
    }
    rps_take_over()
    return reply
  }

  @inlinable @inline(__always)
  func submit(_ waiter: Waiter, id: UInt64?, timeout: UInt64, _ encode: (inout OutBuffer) -> Void) {
    guard admit(waiter) else { return }
    let start = queue.pointee.out.count
    encode(&queue.pointee.out)
    accept(waiter, id: id, timeout: timeout, from: start)
  }

  /// Takes the lock for a call that may enter; for one that may not, answers it.
  @usableFromInline func admit(_ waiter: Waiter) -> Bool {
    assert(PendingCall.isCurrentTask(waiter), "a continuation is the address of its task")
    guard generation == rps_fork_generation() else {
      waiter.resume(returning: .failure(.forked))
      return false
    }
    let queue = queue
    queue.take()
    // Under the lock: a cancellation that comes later finds the call in the queue.
    guard !PendingCall.isCancelled(waiter), queue.pointee.admits(1) else {
      let reason = whyRefused()
      queue.give()
      waiter.resume(returning: .failure(reason))
      return false
    }
    return true
  }

  /// Queues the call whose command was encoded, and gives the lock.
  @usableFromInline func accept(_ waiter: Waiter, id: UInt64?, timeout: UInt64, from start: Int) {
    let queue = queue
    let length = queue.pointee.out.count &- start
    guard length <= queue.pointee.mostBytes else {
      queue.pointee.out.count = start
      queue.give()
      waiter.resume(returning: .failure(tooLong(length)))
      return
    }
    queue.pointee.calls.append(PendingCall(waiter, id: id, timeout: timeout, bytes: length))
    queue.pointee.outstanding &+= 1
    let announced = queue.pointee.announced
    queue.pointee.announced = true
    queue.give()
    if !announced { announce() }
  }

  /// Sends bytes whose answers go to the push handler; the connection is opened for them.
  func push(_ bytes: [UInt8]) {
    guard generation == rps_fork_generation() else { return }
    queue.take()
    bytes.withUnsafeBufferPointer { queue.pointee.out.append($0) }
    let announced = queue.pointee.announced
    queue.pointee.announced = true
    queue.give()
    if !announced { announce() }
  }

  func announce() { mailbox.announce(self) }

  /// Wakes the loop for this channel although nothing is to be sent: it connects.
  func announceAnyway() { push([]) }

  func cancel(_ id: UInt64) {
    guard generation == rps_fork_generation() else { return }
    queue.take()
    queue.pointee.cancelled.append(id)
    let announced = queue.pointee.announced
    queue.pointee.announced = true
    queue.give()
    if !announced { announce() }
  }

  /// Ends the connection; calls that wait fail with `closed`, and so does every later one.
  func close() {
    guard generation == rps_fork_generation() else { return }
    mailbox.act { [self] in shutDown($0, .clientClosed(address)) }
  }

  /// Called under the lock.
  func whyRefused() -> RedisError {
    if let refusal = queue.pointee.refusal { return refusal }
    if Task.isCancelled {
      return RedisError(
        .cancelled, "the task was cancelled before the command was sent", execution: .notExecuted,
        address: address)
    }
    return RedisError(
      .overloaded,
      "\(queue.pointee.outstanding) calls are waiting and \(queue.pointee.out.count + queue.pointee.backlog) bytes are queued",
      execution: .notExecuted, address: address)
  }

  func tooLong(_ length: Int) -> RedisError {
    RedisError(
      .argument, "the command has \(length) bytes; the limit (maxQueuedBytes) is \(options.maxQueuedBytes)",
      execution: .notExecuted, address: address)
  }
}

extension RedisError {
  static var forked: RedisError {
    RedisError(
      .closed, "the process was forked, and threads do not survive that: make a new client in the child",
      execution: .notExecuted)
  }

  static func clientClosed(_ address: String) -> RedisError {
    RedisError(.closed, "the client was closed", execution: .notExecuted, address: address)
  }
}
