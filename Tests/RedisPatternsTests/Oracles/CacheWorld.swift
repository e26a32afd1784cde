import RESP
import RedisPatterns
import TestSupport

/// A random interleaving of readers, loaders and deleters on one key, at the grain of round trips, in virtual time.
///
/// Between any two round trips of one actor all others may move: loaders pause and die, leases end, the source changes.
struct CacheWorld {
  enum Subject {
    /// Deletes, hard and soft.
    case shipped
    /// Puts and deletes by version, which may overtake each other.
    case versioned
    /// The same, and the versions are not passed on.
    case versionsDropped
    /// get, load, set; and del after a write.
    case naive
    /// The source is read from a replica that lags; deletes hold off for as long.
    case laggingSource
  }

  private enum Phase {
    case idle
    case looking
    case acquiring
    case loading(win: Bool)
    case filling(version: Int, failed: Bool)
    case deleting(version: Int)
  }

  private struct Actor {
    var phase = Phase.idle
    var token = ""
    /// The newest version whose delete had been acknowledged when this read began: an older one is stale.
    var atLeast = 0
  }

  private let subject: Subject
  private let calls: CacheCalls
  private let number: Int
  private let leaseTime = Duration.milliseconds(50)
  private let lagUs: Int64 = 40_000
  private var readers = Array(repeating: Actor(), count: 3)
  private var writers = Array(repeating: Actor(), count: 2)
  private var nowUs: Int64 = 4_102_444_800_000_000
  private var tokens = 0
  /// Every version of the source and when it was committed; the last one is current.
  private var commits: [Int64] = [0]
  private var acknowledged = 0
  private var lease: (token: String, untilUs: Int64)?
  private var turn: (isWriter: Bool, at: Int) = (false, 0)
  private(set) var staleReads = 0
  private(set) var doubleLoads = 0
  private(set) var hits = 0
  private(set) var voided = 0

  init(_ number: Int, _ subject: Subject) {
    self.number = number
    self.subject = subject
    do throws(RedisError) { calls = try CacheCalls("world-\(number)") } catch { fatalError("\(error)") }
  }

  // MARK: Moves

  /// The next round trip of some actor.
  mutating func next(using chance: inout SeededGenerator) throws -> RESPCommand {
    while true {
      nowUs += 1 + Int64.random(in: 0...[10, 1000, 20_000, 80_000].randomElement(using: &chance)!, using: &chance)
      turn =
        Int.random(in: 0..<4, using: &chance) == 0
        ? (true, Int.random(in: 0..<writers.count, using: &chance))
        : (false, Int.random(in: 0..<readers.count, using: &chance))
      if let command = try turn.isWriter ? write(turn.at, &chance) : read(turn.at, &chance) { return command }
    }
  }

  private mutating func write(_ at: Int, _ chance: inout SeededGenerator) throws -> RESPCommand? {
    guard case .deleting(let version) = writers[at].phase else {
      // Commit first; the delete or the put follows in a later step.
      commits.append(nowUs)
      writers[at].phase = .deleting(version: commits.count - 1)
      return nil
    }
    let isOdd = Bool.random(using: &chance)
    switch subject {
    case .naive: return RESPCommand("DEL", calls.entry)
    case .laggingSource: return try calls.delete(holdoff: .microseconds(lagUs), nowUs: nowUs).evalsha
    case .shipped where isOdd: return try calls.markStale(nowUs: nowUs).evalsha
    case .shipped: return try calls.delete(nowUs: nowUs).evalsha
    case .versioned where isOdd: return try calls.delete(version: UInt64(version), nowUs: nowUs).evalsha
    case .versionsDropped where isOdd: return try calls.delete(nowUs: nowUs).evalsha
    case .versioned, .versionsDropped:
      return try calls.put(
        value: entry(version), ttl: .milliseconds(100), grace: .milliseconds(50), nowUs: nowUs
      ).evalsha
    }
  }

  private mutating func read(_ at: Int, _ chance: inout SeededGenerator) throws -> RESPCommand? {
    switch readers[at].phase {
    case .idle, .deleting:
      tokens += 1
      readers[at] = Actor(phase: .looking, token: "t\(tokens)", atLeast: acknowledged)
      return nil
    case .looking: return RESPCommand("GET", calls.entry)
    case .acquiring: return try calls.acquire(token: readers[at].token, lease: leaseTime, nowUs: nowUs).evalsha
    case .loading(let win):
      if Int.random(in: 0..<10, using: &chance) == 0 {
        readers[at].phase = .idle  // It dies.
        return nil
      }
      let version = sourceVersion
      judge(version, of: at, isHit: false)
      readers[at].phase =
        win ? .filling(version: version, failed: Int.random(in: 0..<8, using: &chance) == 0) : .idle
      return nil
    case .filling(let version, let failed):
      if case .naive = subject { return RESPCommand("SET", calls.entry, entry(version).bytes, "PX", 3_600_000) }
      if failed {
        return try calls.release(token: readers[at].token, backoff: .milliseconds(20), nowUs: nowUs).evalsha
      }
      return try calls.fill(
        token: readers[at].token, value: entry(version), ttl: .milliseconds(100), grace: .milliseconds(50), nowUs: nowUs
      ).evalsha
    }
  }

  private var sourceVersion: Int {
    guard subject == .laggingSource else { return commits.count - 1 }
    return commits.lastIndex { $0 <= nowUs - lagUs } ?? 0
  }

  private func entry(_ version: Int) -> CacheEntry {
    var entry = CacheEntry()
    entry.isNegative = version % 5 == 4
    entry.payload = Array(String(version).utf8)
    if subject == .versioned { entry.version = UInt64(version) }
    return entry
  }

  // MARK: Judgement

  mutating func judge(_ reply: RESPValue) throws {
    guard turn.isWriter else { return try judgeReader(turn.at, reply) }
    guard case .deleting(let version) = writers[turn.at].phase else { return }
    acknowledged = max(acknowledged, version)
    writers[turn.at].phase = .idle
    lease = nil
  }

  private mutating func judgeReader(_ at: Int, _ reply: RESPValue) throws {
    switch readers[at].phase {
    case .looking:
      if let entry = reply.bytes.flatMap(CacheEntry.init), subject == .naive || Int64(entry.freshUntilUs) > nowUs {
        finish(at, entry)
      } else {
        readers[at].phase = subject == .naive ? .loading(win: true) : .acquiring
      }
    case .acquiring:
      switch try CacheCalls.acquired(reply) {
      case .hit(let entry): finish(at, entry)
      case .win:
        if let lease, lease.untilUs > nowUs { doubleLoads += 1 }
        lease = (readers[at].token, nowUs + (leaseTime.wholeMicroseconds ?? 0))
        readers[at].phase = .loading(win: true)
      case .holdoff: readers[at].phase = .loading(win: false)
      case .busy, .failed: readers[at].phase = .idle
      }
    case .filling(_, let failed):
      if subject != .naive, !failed, try CacheCalls.filled(reply) == .lost { voided += 1 }
      if lease?.token == readers[at].token { lease = nil }
      readers[at].phase = .idle
    default: break
    }
  }

  private mutating func finish(_ at: Int, _ entry: CacheEntry) {
    hits += 1
    judge(Int(String(decoding: entry.payload, as: UTF8.self)) ?? -1, of: at, isHit: true)
    readers[at].phase = .idle
  }

  /// With a lagging source only what the cache keeps is promised: what is loaded in the lag may be old.
  private mutating func judge(_ version: Int, of at: Int, isHit: Bool) {
    if version < readers[at].atLeast, isHit || subject != .laggingSource { staleReads += 1 }
  }

  /// At the end, when every delete was acknowledged: what is kept as fresh must be current.
  mutating func judgeEnd(_ reply: RESPValue) {
    let isPending = writers.contains { if case .deleting = $0.phase { true } else { false } }
    guard !isPending, let entry = reply.bytes.flatMap(CacheEntry.init) else { return }
    guard subject == .naive || Int64(entry.freshUntilUs) > nowUs else { return }
    if (Int(String(decoding: entry.payload, as: UTF8.self)) ?? -1) < acknowledged { staleReads += 1 }
  }

  var look: RESPCommand { RESPCommand("GET", calls.entry) }
}
