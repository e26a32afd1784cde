import CRedisSupport
import RESP

/// Dedicated connections, each lent to one holder at a time; at most so many, and those who wait are served in order.
final class ConnectionPool: Sendable {
  private struct State {
    var idle: [Channel] = []
    var lent = 0
    var closed = false
    var nextWaiter: UInt64 = 0
    /// In order of arrival.
    var waiters: [(id: UInt64, place: UnsafeContinuation<RedisError?, Never>)] = []
  }

  private let url: RedisURL
  private let options: RedisClientOptions
  private let mailbox: Mailbox
  private let state = Locked(State())

  init(_ url: RedisURL, _ options: RedisClientOptions, _ mailbox: Mailbox) {
    self.url = url
    self.options = options
    self.mailbox = mailbox
  }

  /// Lends a connection; waits for one that is given back when all are lent.
  func take(timeout: Duration?) async throws(RedisError) -> Channel {
    if let channel = try takeNow() { return channel }
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let clock = timeout.map { limit in
      Task { [weak self] in
        try? await Task.sleep(for: limit.asSleep)
        if !Task.isCancelled { self?.dismiss(id, .timeout, "no connection was given back in time") }
      }
    }
    defer { clock?.cancel() }
    let refusal = await withTaskCancellationHandler {
      await withUnsafeContinuation { place in
        // Under the lock: a cancellation that comes later finds the place.
        let answer = state.withLock { state -> RedisError?? in
          if Task.isCancelled { return .some(cancelled) }
          if state.closed { return .some(.clientClosed(url.address)) }
          if state.lent < options.maxLeasedConnections {
            state.lent += 1
            return .some(nil)
          }
          state.waiters.append((id, place))
          return nil
        }
        if let answer { place.resume(returning: answer) }
      }
    } onCancel: {
      dismiss(id, .cancelled, "the task was cancelled while it waited for a connection")
    }
    rps_take_over()
    if let refusal { throw refusal }
    // The permit is ours; a connection may lie there with it.
    if let channel = state.withLock({ $0.idle.popLast() }) {
      if channel.isIdle { return channel }
      channel.close()
    }
    return open()
  }

  /// Takes it back: to be lent again, or closed when something is left on it.
  func giveBack(_ channel: Channel, clean: Bool) {
    let keep = clean && channel.isIdle
    if !keep { channel.close() }
    let next = state.withLock { state -> UnsafeContinuation<RedisError?, Never>? in
      if keep, !state.closed { state.idle.append(channel) }
      if !state.waiters.isEmpty { return state.waiters.removeFirst().place }
      state.lent -= 1
      return nil
    }
    rps_hand_over()
    next?.resume(returning: nil)
  }

  func close() {
    let (idle, waiters) = state.withLock { state in
      defer {
        state.idle = []
        state.waiters = []
        state.closed = true
      }
      return (state.idle, state.waiters)
    }
    for channel in idle { channel.close() }
    for waiter in waiters { waiter.place.resume(returning: .clientClosed(url.address)) }
  }

  private func takeNow() throws(RedisError) -> Channel? {
    while true {
      let (channel, permitted, closed) = state.withLock { state -> (Channel?, Bool, Bool) in
        if state.closed { return (nil, false, true) }
        guard state.lent < options.maxLeasedConnections else { return (nil, false, false) }
        state.lent += 1
        return (state.idle.popLast(), true, false)
      }
      if closed { throw .clientClosed(url.address) }
      guard permitted else { return nil }
      guard let channel else { return open() }
      if channel.isIdle { return channel }
      // The server closed it while it lay here.
      channel.close()
      state.withLock { $0.lent -= 1 }
    }
  }

  private func open() -> Channel { Channel(url, options, mailbox, .leased) }

  private var cancelled: RedisError {
    RedisError(
      .cancelled, "the task was cancelled while it waited for a connection", execution: .notExecuted,
      address: url.address)
  }

  private func dismiss(_ id: UInt64, _ code: RedisError.Code, _ reason: String) {
    let place = state.withLock { state -> UnsafeContinuation<RedisError?, Never>? in
      guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
      return state.waiters.remove(at: index).place
    }
    rps_hand_over()
    place?.resume(returning: RedisError(code, reason, execution: .notExecuted, address: url.address))
  }
}

extension Channel {
  /// Alive, and nobody waits for an answer.
  var isIdle: Bool {
    queue.take()
    defer { queue.give() }
    return queue.pointee.refusal == nil && queue.pointee.outstanding == 0
  }
}
