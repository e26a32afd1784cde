import CRedisSupport
import RESP

// The readers' side of the hub. Any thread.
extension SubscriptionHub {
  /// Ends the subscription with the last reference to its stream.
  private final class Token: Sendable {
    let hub: SubscriptionHub
    let id: UInt64
    let inbox: Inbox

    init(_ hub: SubscriptionHub, _ id: UInt64, _ inbox: Inbox) {
      self.hub = hub
      self.id = id
      self.inbox = inbox
    }

    deinit { hub.leave(id) }
  }

  /// Returns when the server has confirmed every channel and pattern.
  func subscribe(
    to channels: [String], patterns: [String], timeout: Duration?
  ) async throws(RedisError) -> RedisSubscription {
    var topics = Set(channels.map { Topic(name: $0, isPattern: false) })
    topics.formUnion(patterns.map { Topic(name: $0, isPattern: true) })
    guard !topics.isEmpty else {
      throw RedisError(.argument, "no channel to subscribe to", execution: .notExecuted, command: "SUBSCRIBE")
    }
    let inbox = Inbox(limit: options.subscriptionBuffer)
    let id = state.withLock { state in
      defer { state.nextID += 1 }
      return state.nextID
    }
    let token = Token(self, id, inbox)
    let clock = Task { [weak self] in await self?.watch(id, timeout) }
    defer { clock.cancel() }
    let failure = await withTaskCancellationHandler {
      await withUnsafeContinuation { waiter in
        if let answer = enter(id, inbox, topics, waiter) { waiter.resume(returning: answer) }
      }
    } onCancel: {
      dismiss(id) { _ in cancelled }
    }
    rps_take_over()
    if let failure { throw failure }
    return RedisSubscription(
      AsyncStream { await token.inbox.next() }, question: { token.hub.ask(token.id, $0) })
  }

  private var cancelled: RedisError {
    RedisError(
      .cancelled, "the task was cancelled before the subscription was confirmed", execution: .unknown,
      command: "SUBSCRIBE")
  }

  /// Registers; a double optional: nil when the answer comes later.
  private func enter(
    _ id: UInt64, _ inbox: Inbox, _ topics: Set<Topic>, _ waiter: UnsafeContinuation<RedisError?, Never>
  ) -> RedisError?? {
    state.withLock { state -> RedisError?? in
      if state.closed {
        return .some(RedisError(.closed, "the client was closed", execution: .notExecuted, command: "SUBSCRIBE"))
      }
      // Under the lock: a cancellation that comes later finds the subscriber.
      if Task.isCancelled { return .some(cancelled) }
      state.subscribers[id] = Subscriber(inbox: inbox, topics: topics, missing: topics, waiter: waiter)
      if state.channel == nil { state.channel = openChannel() }
      if state.connected {
        // Asked for again even when another reader has it: the answer is a barrier, nothing before it is ours.
        for topic in topics.sorted() { subscribe(&state, topic) }
      } else {
        state.channel!.announceAnyway()
      }
      return nil
    }
  }

  /// Fails a subscriber that waits for too long: first for a connection, then for the server's answer.
  private func watch(_ id: UInt64, _ timeout: Duration?) async {
    let forConnection = options.connectTimeout / 20 * 17
    let first = timeout.map { min($0, forConnection) } ?? forConnection
    guard (try? await Task.sleep(for: first.asSleep)) != nil else { return }
    let isConnected = state.withLock { $0.connected }
    if !isConnected {
      return dismiss(id) { state in
        let cause = state.cause
        return RedisError(
          .connect, cause?.message ?? "no connection in time", execution: .notExecuted, command: "SUBSCRIBE",
          address: cause?.address)
      }
    }
    guard let timeout, (try? await Task.sleep(for: (timeout - first).asSleep)) != nil else { return }
    dismiss(id) { _ in
      RedisError(.timeout, "the subscription was not confirmed in time", execution: .unknown, command: "SUBSCRIBE")
    }
  }

  private func dismiss(_ id: UInt64, _ reason: (borrowing State) -> RedisError) {
    let (waiter, error) = state.withLock { state -> (UnsafeContinuation<RedisError?, Never>?, RedisError?) in
      guard let waiter = state.subscribers[id]?.waiter else { return (nil, nil) }
      let error = reason(state)
      remove(id, &state)
      return (waiter, error)
    }
    rps_hand_over()
    waiter?.resume(returning: error)
  }

  private func leave(_ id: UInt64) {
    state.withLock { remove(id, &$0) }
  }

  private func remove(_ id: UInt64, _ state: inout State) {
    guard let gone = state.subscribers.removeValue(forKey: id) else { return }
    gone.inbox.finish()
    guard state.connected else { return }
    for topic in gone.topics.sorted()
    where !state.subscribers.values.contains(where: { $0.topics.contains(topic) }) {
      unsubscribe(&state, topic)
    }
  }
}

extension RedisClient {
  /// Subscribes on the client's one subscription connection, and returns when the server has confirmed everything.
  ///
  /// A slow reader and a lost connection show as `.gap`: after it, look at the state that the messages are about. A
  /// connection that is silent for `subscriptionPingAfter` is asked, and given up when it does not answer.
  public func subscribe(
    to channels: [String], patterns: [String]
  ) async throws(RedisError) -> RedisSubscription {
    try await core.subscriptions.subscribe(to: channels, patterns: patterns, timeout: core.options.commandTimeout)
  }
}
