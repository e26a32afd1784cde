import RESP
import RedisPatterns
import TestSupport

/// What is under test: the shipped scripts, or a naive lock in the same clothes.
protocol LockSubject {
  func acquire(owner: String, ttlUs: Int64, patienceUs: Int64, nowUs: Int64) throws -> RESPCommand
  func renew(owner: String, ttlUs: Int64, nowUs: Int64) throws -> RESPCommand
  func release(owner: String, nowUs: Int64) throws -> RESPCommand
  /// Every key of the lock, the one with owner, fence and end first.
  var keys: [String] { get }
}

/// A random history of one lock in virtual time: clients that wait, work, crash, come back late; no message ever
/// arrives. It checks what a lock promises; it does not know how the lock does it.
struct LockWorld {
  private enum Phase {
    case idle
    case waiting(patienceUs: Int64, leavesUs: Int64, place: Int)
    case holding(fence: Int64)
  }

  private enum Move {
    case acquire(Int, patienceUs: Int64, repeated: Bool)
    case renew(Int)
    case release(Int)
    /// A key is lost: eviction, or a failover to a replica that had not seen it.
    case lose(String)
  }

  private struct Client {
    var owner: String
    var phase = Phase.idle
  }

  private struct Lease: Equatable {
    var owner: String
    var fence: Int64
    var untilUs: Int64
  }

  private let subject: any LockSubject
  private let number: Int
  private let ttlUs: Int64 = 1_000_000
  private var clients: [Client]
  private var nowUs: Int64 = 4_102_444_800_000_000
  private var lease: Lease?
  private var highestFence: Int64 = 0
  /// Waiters that crashed: the server cannot know, and may still hand them the lock.
  private var ghosts: [String: (leavesUs: Int64, place: Int)] = [:]
  /// The place of whoever asks now, if it stood in the queue until now.
  private var placeOfAsker: Int?
  private var places = 0
  private var owners = 0
  private var move = Move.lose("")
  /// The queue's keys were lost: from then on only what does not need them is promised.
  private var inOrder = true
  private(set) var violations: [String] = []
  private(set) var grants = 0
  /// In the last part nobody crashes and nobody comes anew.
  var isEnding = false

  init(_ number: Int, _ subject: any LockSubject) {
    self.number = number
    self.subject = subject
    clients = (0..<6).map { Client(owner: "w\(number)-c\($0)") }
  }

  /// Whether somebody still waits.
  var isQuiet: Bool { clients.allSatisfy { if case .waiting = $0.phase { false } else { true } } }

  // MARK: Moves

  mutating func next(using chance: inout SeededGenerator) throws -> [RESPCommand] {
    advanceTime(&chance)
    move = isEnding ? endingMove() : randomMove(&chance)
    let look = RESPCommand("HMGET", subject.keys[0], "owner", "fence", "until_us")
    switch move {
    case .acquire(let at, let patienceUs, _):
      return [
        try subject.acquire(owner: clients[at].owner, ttlUs: ttlUs, patienceUs: patienceUs, nowUs: nowUs), look,
      ]
    case .renew(let at): return [try subject.renew(owner: clients[at].owner, ttlUs: ttlUs, nowUs: nowUs), look]
    case .release(let at): return [try subject.release(owner: clients[at].owner, nowUs: nowUs), look]
    case .lose(let key): return [RESPCommand("DEL", key), look]
    }
  }

  private mutating func advanceTime(_ chance: inout SeededGenerator) {
    nowUs += 1
    guard Int.random(in: 0..<8, using: &chance) > 0 else {
      // To an edge: the end of the lease or of somebody's patience, exactly or one off.
      var edges = clients.compactMap { if case .waiting(_, let leavesUs, _) = $0.phase { leavesUs } else { nil } }
      if let lease { edges.append(lease.untilUs) }
      if let edge = edges.randomElement(using: &chance) {
        nowUs = max(nowUs, edge + Int64.random(in: -1...1, using: &chance))
      }
      return
    }
    nowUs += Int64.random(in: 0...(isEnding ? 40_000 : 120_000), using: &chance)
  }

  private mutating func randomMove(_ chance: inout SeededGenerator) -> Move {
    if Int.random(in: 0..<150, using: &chance) == 0, subject.keys.count > 1 {
      let key = Int.random(in: 1..<subject.keys.count, using: &chance)
      if key > 1 { inOrder = false }
      return .lose(subject.keys[key])
    }
    let at = Int.random(in: 0..<clients.count, using: &chance)
    if Int.random(in: 0..<25, using: &chance) == 0 {
      // It crashes. What it left at the server ends by itself.
      if case .waiting(_, let leavesUs, let place) = clients[at].phase { ghosts[clients[at].owner] = (leavesUs, place) }
      clients[at].phase = .idle
    }
    switch clients[at].phase {
    case .idle: return begin(at, &chance)
    case .waiting(let patienceUs, _, _):
      if Int.random(in: 0..<12, using: &chance) == 0 { return .release(at) }
      return .acquire(at, patienceUs: patienceUs, repeated: false)
    case .holding:
      switch Int.random(in: 0..<6, using: &chance) {
      case 0, 1: return .renew(at)
      case 2: return .acquire(at, patienceUs: 0, repeated: true)
      default: return .release(at)
      }
    }
  }

  private mutating func begin(_ at: Int, _ chance: inout SeededGenerator) -> Move {
    // Each acquisition has an owner of its own.
    owners += 1
    clients[at] = Client(owner: "w\(number)-c\(at)-\(owners)")
    let patience: Int64 = [0, 30_000, 100_000, 300_000].randomElement(using: &chance) ?? 0
    return .acquire(at, patienceUs: patience, repeated: false)
  }

  /// Everyone who waits asks again well within its patience, and holders give back.
  private mutating func endingMove() -> Move {
    if let at = clients.firstIndex(where: { if case .holding = $0.phase { true } else { false } }) {
      return .release(at)
    }
    let waiting = clients.indices.compactMap { at -> (Int, Int64, Int64)? in
      guard case .waiting(let patienceUs, let leavesUs, _) = clients[at].phase else { return nil }
      return (at, patienceUs, leavesUs)
    }
    guard let next = waiting.min(by: { $0.2 - $0.1 < $1.2 - $1.1 }) else { return .lose("nothing") }
    return .acquire(next.0, patienceUs: next.1, repeated: false)
  }

  // MARK: Judgement

  mutating func judge(_ reply: RESPValue, _ look: RESPValue) throws {
    let before = lease
    let seen = read(look)
    switch move {
    case .lose: break
    case .acquire(let at, let patienceUs, let repeated):
      try judgeAcquire(at, patienceUs, repeated, LockCalls.acquired(reply), before, seen)
    case .renew(let at):
      let renewed = try LockCalls.renewed(reply)
      let isHeld = before?.owner == clients[at].owner && before.map { $0.untilUs > nowUs } == true
      check((renewed != .lost) == isHeld, "renew said \(renewed)")
      if renewed == .lost { clients[at].phase = .idle }
    case .release(let at):
      let released = try LockCalls.released(reply)
      let isHeld = before?.owner == clients[at].owner && before.map { $0.untilUs > nowUs } == true
      check((released == .released) == isHeld, "release said \(released)")
      clients[at].phase = .idle
    }
    judgeGrant(before, seen)
    placeOfAsker = nil
    lease = seen
  }

  private mutating func judgeAcquire(
    _ at: Int, _ patienceUs: Int64, _ repeated: Bool, _ answer: LockCalls.Acquired, _ before: Lease?, _ seen: Lease?
  ) {
    placeOfAsker = nil
    if case .waiting(_, let leavesUs, let place) = clients[at].phase, leavesUs > nowUs { placeOfAsker = place }
    switch answer {
    case .acquired(let fence):
      check(
        seen?.owner == clients[at].owner && seen?.fence == fence,
        "acquired, but the server says \(String(describing: seen))")
      if repeated, let before, before.owner == clients[at].owner, before.untilUs > nowUs {
        check(before.fence == fence, "a repeat got another fence")
      }
      clients[at].phase = .holding(fence: fence)
    case .held(let retryAfter), .waiting(_, let retryAfter):
      if repeated, let before, before.owner == clients[at].owner {
        check(before.untilUs <= nowUs, "a repeat was refused")
      }
      check(seen.map { .microseconds($0.untilUs - nowUs) == retryAfter } == true, "retry after \(retryAfter)")
      guard patienceUs > 0 else {
        clients[at].phase = .idle
        return
      }
      let place = placeOfAsker ?? places + 1
      places = max(places, place)
      clients[at].phase = .waiting(patienceUs: patienceUs, leavesUs: nowUs + patienceUs, place: place)
    }
  }

  /// Somebody else than before holds it now: was that right?
  private mutating func judgeGrant(_ before: Lease?, _ seen: Lease?) {
    guard let seen, seen.fence != before?.fence || seen.owner != before?.owner else { return }
    grants += 1
    var wasReleased = false
    if case .release(let at) = move { wasReleased = clients[at].owner == before?.owner }
    check(
      before.map { $0.untilUs <= nowUs } ?? true || wasReleased, "granted while \(String(describing: before)) held it")
    check(seen.fence > highestFence, "fence \(seen.fence) after \(highestFence)")
    highestFence = max(highestFence, seen.fence)
    guard inOrder else { return }
    let winner = clients.firstIndex { $0.owner == seen.owner }
    let place = place(of: seen.owner, winner)
    for (at, client) in clients.enumerated() where at != winner {
      guard case .waiting(_, let leavesUs, let waiting) = client.phase, leavesUs > nowUs else { continue }
      check(place.map { $0 < waiting } ?? false, "\(seen.owner) overtook \(client.owner)")
    }
  }

  private func place(of owner: String, _ winner: Int?) -> Int? {
    if let ghost = ghosts[owner] { return ghost.leavesUs > nowUs ? ghost.place : nil }
    if let winner, case .waiting(_, let leavesUs, let place) = clients[winner].phase, leavesUs > nowUs { return place }
    return placeOfAsker
  }

  private func read(_ look: RESPValue) -> Lease? {
    guard let values = look.array, values.count == 3, let owner = values[0].string, let fence = values[1].int,
      let untilUs = values[2].int
    else { return nil }
    return Lease(owner: owner, fence: fence, untilUs: untilUs)
  }

  private mutating func check(_ holds: Bool, _ what: String) {
    if !holds, violations.count < 5 { violations.append("\(what) (at \(nowUs), \(move))") }
  }
}
