import RESP

/// One caller's way to a value that is not cached: acquire, load, fill; or wait for whoever does.
struct CacheLoad: Sendable {
  typealias Load = @Sendable () async throws -> Found

  let core: CacheCore
  let calls: CacheCalls
  let flight: Flight
  /// How long before its end an entry is renewed.
  let early: Duration
  /// The `fresh until` of an entry that is not good by its tags; 0: there was none.
  let deadUs: UInt64
  let tagNames: [String]
  let load: Load

  private var options: CacheOptions { core.options }
  private var servesStale: Bool { options.refresh == .background }

  func run() async -> Landing {
    do {
      return try await acquireAndLoad()
    } catch {
      return Landing(result: .failure(error))
    }
  }

  private func acquireAndLoad() async throws -> Landing {
    let token = randomID()
    let end = ContinuousClock.now + options.wait.asWait
    var pause = Duration.milliseconds(10)
    var deadUs = deadUs
    while true {
      try Task.checkCancellation()
      let round = flight.nextRound()
      let reply: RESPValue
      do throws(RedisError) {
        reply = try await core.redis.run(
          try calls.acquire(token: token, lease: options.lease, early: early, deadUs: deadUs))
      } catch {
        if error.execution != .notExecuted { giveBack(token) }
        throw error
      }
      var acquired = try CacheCalls.acquired(reply)
      if acquired.stale != nil { acquired = try await usable(acquired, token) }
      switch acquired {
      case .hit(let entry):
        if try await core.tags.worth(entry) == .good {
          return Landing(result: .success(try core.value(of: entry)), upTo: round)
        }
        deadUs = entry.freshUntilUs
      case .win(let stale):
        if servesStale, let landing = landing(on: stale, round), refresh(token, stale, round) { return landing }
        return await loadAndFill(token, stale, round)
      case .holdoff(let stale):
        if servesStale, let landing = landing(on: stale, round) { return landing }
        return await loadOnly(stale, round)
      case .failed(let retryAfter, let stale):
        if let landing = landing(on: stale, round) { return landing }
        throw CacheError(.backoff, "the last load failed a moment ago", retryAfter: retryAfter)
      case .busy(let retryAfter, let stale):
        if let landing = landing(on: stale, round) { return landing }
        let left = end - .now
        guard left > .zero else {
          // Who joined later has waited less.
          return Landing(result: .failure(CacheError.waitedTooLong), upTo: 0)
        }
        try await Task.sleep(
          for: min(pause * Double.random(in: 0.5...1), left, max(retryAfter, .milliseconds(1))), clock: .continuous)
        pause = min(pause * 1.6, .milliseconds(100))
      }
    }
  }

  /// A stale value that cannot be decoded, or that is worth nothing by its tags, is none.
  private func usable(_ acquired: CacheCalls.Acquired, _ token: String) async throws -> CacheCalls.Acquired {
    do {
      switch acquired {
      case .hit: return acquired
      case .win(let stale): return .win(stale: try await usable(stale))
      case .holdoff(let stale): return .holdoff(stale: try await usable(stale))
      case .busy(let retryAfter, let stale): return .busy(retryAfter: retryAfter, stale: try await usable(stale))
      case .failed(let retryAfter, let stale): return .failed(retryAfter: retryAfter, stale: try await usable(stale))
      }
    } catch {
      giveBack(token)
      throw error
    }
  }

  private func usable(_ stale: CacheEntry?) async throws -> CacheEntry? {
    guard let stale, (try? core.value(of: stale)) != nil else { return nil }
    return try await core.tags.worth(stale) == .none ? nil : stale
  }

  /// Loads beside; false when too many do.
  private func refresh(_ token: String, _ stale: CacheEntry?, _ round: Int) -> Bool {
    // A failure leaves a back-off, and the next caller after it tries again.
    core.refreshes.start { _ = await loadAndFill(token, stale, round) }
  }

  private func loadAndFill(_ token: String, _ stale: CacheEntry?, _ round: Int) async -> Landing {
    let tags: [CacheTag]
    do {
      // Before the load: a tag that is invalidated while it runs has other epochs then.
      tags = tagNames.isEmpty ? [] : try await core.tags.open(tagNames, life: options.tagLife)
    } catch {
      giveBack(token)
      return Landing(result: .failure(error))
    }
    let begun = ContinuousClock.now
    let result = await loadWhileRenewing(token)
    let took = ContinuousClock.now - begun
    guard case .success(let found) = result else {
      let backoff = Task.isCancelled ? Duration.zero : options.backoff
      await shielded {
        // If this fails too, the lease ends by itself.
        _ = try? await core.redis.run(try calls.release(token: token, backoff: backoff))
      }
      return failed(result.map(\.value), stale, round)
    }
    let value = Result<(any Sendable)?, any Error>.success(found.value)
    // From here on nobody joins: a delete that comes after the fill must not be followed by this value.
    flight.close()
    do {
      let stored = try core.stored(found, tags: tags)
      let call = try calls.fill(
        token: token, value: stored.entry, ttl: stored.ttl, grace: stored.grace,
        load: min(took, .microseconds(NumberRule.longestInHeader)))
      let filled = try CacheCalls.filled(try await core.redis.run(call))
      // What was stored may have been voided by a tag all the same, before somebody else asked.
      return Landing(result: value, upTo: filled == .stored && tags.isEmpty ? .max : round)
    } catch {
      // The value is good although it could not be kept (full memory, a lost connection).
      giveBack(token)
      return Landing(result: error is RedisError ? value : .failure(error), upTo: round)
    }
  }

  /// In a hold-off: who asked before it began may have the value, nobody keeps it.
  private func loadOnly(_ stale: CacheEntry?, _ round: Int) async -> Landing {
    do {
      return Landing(result: .success(try await load().value), upTo: round)
    } catch {
      return failed(.failure(error), stale, round)
    }
  }

  private func failed(_ result: Result<(any Sendable)?, any Error>, _ stale: CacheEntry?, _ round: Int) -> Landing {
    (Task.isCancelled ? nil : landing(on: stale, round)) ?? Landing(result: result)
  }

  /// A value past its time but within its grace. One that another codec wrote is none.
  private func landing(on stale: CacheEntry?, _ round: Int) -> Landing? {
    guard let stale, let old = try? core.value(of: stale) else { return nil }
    return Landing(result: .success(old), upTo: round)
  }

  private func loadWhileRenewing(_ token: String) async -> Result<Found, any Error> {
    // Until the load ends, or the lease is lost: then the fill will say so.
    let renewal = core.renewals.begin { [redis = core.redis, calls, lease = options.lease] in
      guard let call = try? calls.renew(token: token, lease: lease) else { return false }
      let renewed = try? CacheCalls.renewed(try await redis.run(call))
      return renewed != .lost
    }
    defer { core.renewals.end(renewal) }
    do { return .success(try await load()) } catch { return .failure(error) }
  }

  /// Not waited for: the store is in trouble, and the lease also ends by itself.
  private func giveBack(_ token: String) {
    Task { _ = try? await core.redis.run(try calls.release(token: token)) }
  }
}
