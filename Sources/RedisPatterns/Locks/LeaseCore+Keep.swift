import RESP

extension LeaseCore {
  private enum Event<Value: Sendable>: Sendable {
    case finished(Result<Value, any Error>)
    case lost
    case kept
  }

  /// Works while the lease is kept, then gives it back.
  ///
  /// The renewal ends with the work, not with the caller's patience: work that was cancelled and takes its time to end is
  /// still alone.
  func keep<Value: Sendable>(
    during work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    // Two, so that a renewal that hangs does not delay the news of the deadline.
    let keepers = [Task { await self.watch() }, Task { await self.keepRenewed() }]
    var result: Result<Value, any Error>?
    var lost = false
    await withTaskGroup(of: Event<Value>.self) { group in
      group.addTask {
        do { return .finished(.success(try await work())) } catch { return .finished(.failure(error)) }
      }
      for keeper in keepers { group.addTask { await keeper.value ? .lost : .kept } }
      for await event in group {
        switch event {
        case .finished(let outcome):
          result = outcome
          // A timer may be late; the clock is not.
          if isLost { lost = true }
          for keeper in keepers { keeper.cancel() }
        case .lost:
          lost = true
          group.cancelAll()
          for keeper in keepers { keeper.cancel() }
        case .kept: continue
        }
      }
    }
    if lost {
      // Nothing is given back: it is no longer ours, and the server knows or soon will.
      throw LockError(.lost, "the lease ended before the work did")
    }
    let released = await shielded { try? await self.release() }
    guard let result else { throw CancellationError() }
    let value = try result.get()
    guard released != .lost else { throw LockError(.lost, "the lease ended before the work did") }
    return value
  }

  /// True when the deadline has come, on time even while a renewal hangs; false when the work ended first.
  private func watch() async -> Bool {
    while !isLost {
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return false }
    }
    return true
  }

  /// True when the server said that the lease is lost; false when the work ended first.
  private func keepRenewed() async -> Bool {
    var next = ContinuousClock.now + ttl / 3
    while true {
      do { try await Task.sleep(until: next, clock: .continuous) } catch { return false }
      let sent = ContinuousClock.now
      do throws(RedisError) {
        if try await renew() == .lost { return true }
        next = sent + ttl / 3
      } catch {
        next = ContinuousClock.now + ttl / 10
      }
    }
  }
}
