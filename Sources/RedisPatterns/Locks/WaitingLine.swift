import RESP

/// Asks for a lease once, or stands in the queue for it.
struct WaitingLine<Lease: Sendable>: Sendable {
  /// What is waited for, for messages.
  let name: String
  let redis: any RedisExecutor
  let patience: Duration
  /// Where the owner is published to whom something was handed.
  let channel: String
  /// Asks as an owner; with a patience above zero it also stands in the queue for that long.
  let acquire: @Sendable (_ owner: String, _ patience: Duration) throws(RedisError) -> ScriptCall
  /// Gives back whatever the owner has, lease or place in the queue.
  let release: @Sendable (_ owner: String) throws(RedisError) -> ScriptCall
  /// A grant as a lease. `sent` is the moment before the request left; nil when the lease has ended since.
  let granted: @Sendable (_ owner: String, _ fence: Int64, _ sent: ContinuousClock.Instant) -> Lease?

  private enum Answer {
    case acquired(Lease)
    /// The answer took longer than the lease.
    case tooLate
    case notYet(retryAfter: Duration)
  }

  private enum Event: Sendable {
    case time(Int)
    /// Something was handed to us, or a message may have been missed.
    case wake(RedisSubscription)
    case listening(RedisSubscription)
    /// The client has no subscriptions, or lost this one: asking again is enough.
    case deaf
  }

  /// The lease, or for how long it is somebody else's; never waits.
  func askOnce() async throws(RedisError) -> (lease: Lease?, retryAfter: Duration) {
    let owner = randomID()
    do throws(RedisError) {
      switch try await ask(owner, patience: .zero) {
      case .tooLate:
        await leave(owner)
        return (nil, .zero)
      case .acquired(let lease): return (lease, .zero)
      case .notYet(let retryAfter): return (nil, retryAfter)
      }
    } catch {
      await abandon(owner, after: error)
      throw error
    }
  }

  /// Waits in the queue: first come, first served.
  ///
  /// A message wakes the waiter at once where the client has subscriptions; a lost message costs a third of the patience,
  /// never more.
  ///
  /// - Throws: `LockError(.timedOut)`, `RedisError`, `CancellationError`. In each case the queue was left.
  func stand(wait: Duration) async throws -> Lease {
    let owner = randomID()
    do {
      return try await stand(as: owner, until: ContinuousClock.now + wait.asWait)
    } catch let error as RedisError where !Task.isCancelled {
      await abandon(owner, after: error)
      throw error
    } catch {
      await leave(owner)
      try Task.checkCancellation()
      throw error
    }
  }

  private func stand(as owner: String, until end: ContinuousClock.Instant) async throws -> Lease {
    try await withThrowingTaskGroup(of: Event.self) { group in
      defer { group.cancelAll() }
      var round = 0
      while true {
        let pause: Duration
        switch try await ask(owner, patience: patience) {
        case .acquired(let lease): return lease
        // Asked anew, as the same owner.
        case .tooLate: pause = .zero
        case .notYet(let retryAfter): pause = pauseBeforeAsking(retryAfter)
        }
        let left = end - .now
        guard left > .zero else { throw LockError(.timedOut, "\(name) was not granted within the wait") }
        round += 1
        if round == 1 { group.addTask { await listen(to: channel) } }
        group.addTask { [round] in
          try await Task.sleep(for: min(pause, left), clock: .continuous)
          return .time(round)
        }
        waiting: while let event = try await group.next() {
          switch event {
          case .time(round): break waiting
          // An older pause, cut short by a wake-up.
          case .time, .deaf: continue
          // What was published before we listened is lost: that too is a reason to ask again now.
          case .wake(let subscription), .listening(let subscription):
            group.addTask { await wake(owner, subscription) }
            break waiting
          }
        }
      }
    }
  }

  /// A third of the patience, so that two answers may be lost before the place is; with jitter, so that waiters spread.
  private func pauseBeforeAsking(_ retryAfter: Duration) -> Duration {
    min(patience / 3 * Double.random(in: 0.8...1), max(retryAfter, .milliseconds(1)))
  }

  private func listen(to channel: String) async -> Event {
    do throws(RedisError) {
      return .listening(try await redis.subscribe(to: [channel]))
    } catch {
      return .deaf
    }
  }

  private func wake(_ owner: String, _ subscription: RedisSubscription) async -> Event {
    for await event in subscription {
      switch event {
      case .message(_, let payload) where payload.elementsEqual(owner.utf8): return .wake(subscription)
      case .gap: return .wake(subscription)
      case .message, .patternMessage, .answered: continue
      }
    }
    return .deaf
  }

  private func ask(_ owner: String, patience: Duration) async throws(RedisError) -> Answer {
    let call = try acquire(owner, patience)
    let sent = ContinuousClock.now
    switch try LockCalls.acquired(try await redis.run(call), of: call.script.name) {
    case .acquired(let fence): return granted(owner, fence, sent).map(Answer.acquired) ?? .tooLate
    case .waiting(_, let retryAfter), .held(let retryAfter): return .notYet(retryAfter: retryAfter)
    }
  }

  /// Gives back whatever the owner has, although the caller was cancelled.
  private func leave(_ owner: String) async {
    await shielded { _ = try? await redis.run(try release(owner)) }
  }

  /// After a failure that leaves open whether the call ran: what it may have taken is given back.
  private func abandon(_ owner: String, after error: RedisError) async {
    if error.code == .cancelled {
      await leave(owner)
    } else if error.execution != .notExecuted {
      // Not waited for: the store is in trouble, and the lease or the place in the queue also ends by itself.
      Task { _ = try? await redis.run(try release(owner)) }
    }
  }
}
