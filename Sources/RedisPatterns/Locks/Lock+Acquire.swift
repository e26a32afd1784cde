import RESP

extension Lock {
  private enum Event: Sendable {
    case time(Int)
    /// The lock was handed to us, or a message may have been missed.
    case wake(RedisSubscription)
    case listening(RedisSubscription)
    /// The client has no subscriptions, or lost this one: asking again is enough.
    case deaf
  }

  /// Waits in the queue until the lock is ours: first come, first served.
  ///
  /// The lease is the caller's to renew and to release; `withLock` does both. A message wakes the waiter at once where the
  /// client has subscriptions; a lost message costs a third of the patience, never more.
  ///
  /// - Throws: `LockError(.timedOut)`, `RedisError`, `CancellationError`. In each case the queue was left.
  public func acquire(wait: Duration = .seconds(30)) async throws -> LockLease {
    let owner = randomID()
    do {
      return try await stand(as: owner, until: ContinuousClock.now + wait)
    } catch let error as RedisError where !Task.isCancelled {
      await abandon(owner, after: error)
      throw error
    } catch {
      await leave(owner)
      try Task.checkCancellation()
      throw error
    }
  }

  private func stand(as owner: String, until end: ContinuousClock.Instant) async throws -> LockLease {
    let channel = try calls.get().channel
    return try await withThrowingTaskGroup(of: Event.self) { group in
      defer { group.cancelAll() }
      var round = 0
      while true {
        let pause: Duration
        switch try await ask(owner, patience: patience) {
        case .acquired(let lease) where !lease.isLost: return lease
        // The answer took longer than the lease: ask anew, as the same owner.
        case .acquired: pause = .zero
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
      case .message: continue
      case .gap: return .wake(subscription)
      }
    }
    return .deaf
  }
}
