import RESP

/// A lock that a majority of independent servers grants: it outlives the loss of a minority of them.
///
/// ```swift
/// let lock = Redlock("nightly", on: [a, b, c], ttl: .seconds(10))
/// try await lock.withLock { _ in try await export() }
/// ```
///
/// It is for availability. It has no fence, because the nodes share no order: where two at a time would do damage, use
/// `Lock` and its fence. There is no queue.
public struct Redlock: Sendable {
  /// What is locked: the id in the keys.
  public let name: String
  /// How long a lease lives without renewal.
  public let ttl: Duration
  /// A node that restarted less than this ago abstains, for it may have forgotten its votes.
  public let longestTTL: Duration
  private let nodes: RedlockNodes
  private let calls: Result<RedlockCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, as all the rest, so that making a lock cannot fail.
  ///   - nodes: clients of an odd number of servers, three or more, none a replica of another, and none twice: a client or
  ///     an address that comes again is an argument error, but two names of one server cannot be told.
  ///   - ttl: 1 ms to `longestTTL`.
  ///   - longestTTL: the longest time to live that anybody uses with this name; the same for all of them.
  ///   - nodeTimeout: how long one node is waited for; a twentieth of `ttl` by default, a third at most.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on nodes: [any RedisExecutor], ttl: Duration = .seconds(10), longestTTL: Duration = .seconds(60),
    nodeTimeout: Duration? = nil, namespace: String? = nil
  ) {
    self.name = name
    self.ttl = ttl
    self.longestTTL = longestTTL
    let timeout = nodeTimeout ?? max(ttl / 20, .microseconds(1))
    self.nodes = RedlockNodes(all: nodes, timeout: timeout)
    do throws(RedisError) {
      let calls = try RedlockCalls(name, namespace: namespace)
      _ = try calls.acquire(owner: "x", ttl: ttl, longest: longestTTL)
      guard nodes.count >= 3, nodes.count % 2 == 1 else {
        throw .argument("a majority needs an odd number of nodes, three or more, not \(nodes.count)")
      }
      if let twice = self.nodes.twice {
        throw .argument("a node has one vote, and \(twice) stands twice in nodes")
      }
      guard timeout >= .microseconds(1), timeout <= ttl / 3 else {
        throw .argument("the node's time is \(timeout), not between 1 microsecond and a third of the ttl")
      }
      self.calls = .success(calls)
    } catch {
      calls = .failure(error)
    }
  }

  /// Waits for the lock, works, gives it back. The lease is renewed while the work runs.
  ///
  /// When a majority is lost, the work is cancelled before the nodes would vote for another, is waited for, and
  /// `LockError(.lost)` is thrown, as by `Lock.withLock`.
  ///
  /// - Parameter wait: for how long to ask again.
  /// - Throws: `LockError` (`timedOut`, `noQuorum`, `lost`), `RedisError` for a wrong argument, what the work throws,
  ///   `CancellationError`.
  public func withLock<Value: Sendable>(
    wait: Duration = .seconds(30), _ work: @escaping @Sendable (RedlockLease) async throws -> Value
  ) async throws -> Value {
    let lease = try await acquire(wait: wait)
    return try await lease.core.keep { try await work(lease) }
  }

  /// Asks every node once, all at the same time. Without a majority, what was granted is given back.
  ///
  /// - Throws: `RedisError` with code `argument`, or `cancelled`.
  public func tryAcquire() async throws(RedisError) -> RedlockAttempt {
    let calls = try calls.get()
    let owner = randomID()
    let call = try calls.acquire(owner: owner, ttl: ttl, longest: longestTTL)
    let release = try calls.release(owner: owner)
    let (nodes, ttl) = (nodes, ttl)
    let sent = ContinuousClock.now
    let votes = await nodes.ask(call, RedlockCalls.vote).map { answer in
      switch answer {
      case .success(let vote): vote
      case .failure(let error): RedlockVote.failed(error)
      }
    }
    let core = LeaseCore(
      ttl: ttl, sent: sent,
      renewal: { () async throws(RedisError) in
        try nodes.renewal(await nodes.ask(try calls.renew(owner: owner, ttl: ttl), RedlockCalls.renewed))
      },
      giveBack: { () async throws(RedisError) in nodes.release(await nodes.ask(release, RedlockCalls.released)) })
    let refusal = RedlockRefusal(votes: votes)
    // Half of the time must be left: what is nearly over when it comes is no lease to work under.
    if refusal.granted >= nodes.majority, core.deadline - .now >= ttl / 2, !Task.isCancelled {
      return .acquired(RedlockLease(core: core))
    }
    if votes.contains(where: \.mayBeOurs) { _ = await nodes.ask(release, RedlockCalls.released) }
    if Task.isCancelled {
      throw RedisError(.cancelled, "cancelled while asking for \(name)", execution: .unknown)
    }
    return .refused(refusal)
  }

  /// Asks again and again, after random pauses so that rivals do not share the votes each time.
  ///
  /// - Throws: `LockError`: `timedOut` when others held it to the end of the wait, `noQuorum` when too few nodes could
  ///   vote; `RedisError` for a wrong argument; `CancellationError`. In each case what was granted was given back.
  public func acquire(wait: Duration = .seconds(30)) async throws -> RedlockLease {
    let end = ContinuousClock.now + wait.asWait
    while true {
      let refusal: RedlockRefusal
      do {
        switch try await tryAcquire() {
        case .acquired(let lease): return lease
        case .refused(let why): refusal = why
        }
      } catch {
        try Task.checkCancellation()
        throw error
      }
      let left = end - .now
      guard left > .zero else {
        throw LockError(
          refusal.reason == .unavailable ? .noQuorum : .timedOut, "\(name) was not granted within the wait: \(refusal)")
      }
      try await Task.sleep(for: min(Duration.milliseconds(Int.random(in: 50...200)), left), clock: .continuous)
    }
  }
}
