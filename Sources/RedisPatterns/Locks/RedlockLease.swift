import RESP

/// The right to work alone by the word of a majority, until its deadline. It has no fence: the nodes share no order.
public struct RedlockLease: Sendable {
  let core: LeaseCore

  /// When the holder must have stopped; moved by each renewal. The clock counts while the machine sleeps.
  public var deadline: ContinuousClock.Instant { core.deadline }

  /// Whether the lease has ended, by its deadline or because a majority said so. Once true, always true.
  public var isLost: Bool { core.isLost }

  /// Starts the time to live anew on a majority. `withLock` does it by itself, every third of the time to live.
  ///
  /// - Throws: `RedisError` when too few nodes answered; the lease then still stands until its deadline.
  @discardableResult
  public func renew() async throws(RedisError) -> LockRenewal { try await core.renew() }

  /// Takes the votes back from every node that answers; the others forget them when the lease ends.
  ///
  /// - Returns: `lost` when a majority said that the lease had ended before.
  @discardableResult
  public func release() async throws(RedisError) -> LockRelease { try await core.release() }
}

/// What one node of a Redlock said.
public enum RedlockVote: Sendable, Hashable {
  /// Its vote is ours.
  case granted
  /// Its vote is another's, and ends in this time unless it is renewed.
  case held(retryAfter: Duration)
  /// It restarted too lately to know its votes, and votes again after this time.
  case abstained(retryAfter: Duration)
  /// It could not be asked, or did not answer in time.
  case failed(RedisError)

  var mayBeOurs: Bool {
    switch self {
    case .granted, .failed: true
    case .held, .abstained: false
    }
  }
}

/// Why a majority did not grant a Redlock.
public struct RedlockRefusal: Sendable, Hashable, CustomStringConvertible {
  /// Equal in Python.
  public enum Reason: String, Sendable {
    /// Others hold it, or share the votes.
    case held
    /// Too few nodes could vote.
    case unavailable
    /// The majority came after too much of the lease had passed.
    case late
  }

  /// The vote of each node, in the order of the nodes.
  public let votes: [RedlockVote]

  package init(votes: [RedlockVote]) { self.votes = votes }

  var granted: Int { votes.count { $0 == .granted } }

  /// The one reason for all of them.
  public var reason: Reason {
    let majority = votes.count / 2 + 1
    if granted >= majority { return .late }
    let voting = votes.count { if case .held = $0 { true } else { $0 == .granted } }
    return voting >= majority ? .held : .unavailable
  }

  /// `unavailable (2 TIMEOUT, 1 abstained, 2 granted)`
  public var description: String {
    var said: [String: Int] = [:]
    for vote in votes {
      switch vote {
      case .granted: said["granted", default: 0] += 1
      case .held: said["held", default: 0] += 1
      case .abstained: said["abstained", default: 0] += 1
      case .failed(let error): said[error.code.rawValue, default: 0] += 1
      }
    }
    let counts = said.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    return "\(reason.rawValue) (\(counts.joined(separator: ", ")))"
  }
}

/// What came of asking for a Redlock once.
public enum RedlockAttempt: Sendable {
  /// A majority granted it.
  case acquired(RedlockLease)
  /// No majority did, and what was granted was given back.
  case refused(RedlockRefusal)

  /// The lease; nil where it was refused.
  public var lease: RedlockLease? { if case .acquired(let lease) = self { lease } else { nil } }

  /// Why not; nil where it was granted.
  public var refusal: RedlockRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
}
