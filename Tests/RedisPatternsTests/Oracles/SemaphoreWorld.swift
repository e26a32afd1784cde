import RESP
import RedisPatterns
import TestSupport

/// What is under test: the shipped scripts, or a naive semaphore in the same clothes.
protocol SemaphoreSubject {
  func acquire(owner: String, weight: Int64, limit: Int64, ttlUs: Int64, patienceUs: Int64, nowUs: Int64) throws
    -> RESPCommand
  func renew(owner: String, ttlUs: Int64, nowUs: Int64) throws -> RESPCommand
  func release(owner: String, nowUs: Int64) throws -> RESPCommand
  /// Every key of the semaphore, the hash of `<owner> = '<weight> <until us> <fence> …'` first.
  var keys: [String] { get }
}

/// A random history of one semaphore in virtual time: weights, mixed leases, crashes, late returns; no message ever
/// arrives. It checks what a semaphore promises; it does not know how.
struct SemaphoreWorld {
  private enum Phase {
    case idle
    /// Without a place since it was handed permits.
    case waiting(leavesUs: Int64, place: Int?)
    case holding(untilUs: Int64)
  }

  private enum Move {
    case acquire(Int)
    case renew(Int)
    case release(Int)
    /// All keys are lost: a failover to an empty replica.
    case lose
  }

  private struct Client {
    var owner: String
    var weight: Int64 = 1
    var ttlUs: Int64 = 0
    var patienceUs: Int64 = 0
    var phase = Phase.idle
  }

  private struct Holding {
    var weight: Int64
    var untilUs: Int64
    var fence: Int64
  }

  private struct Waiter {
    var owner: String
    var weight: Int64
    var leavesUs: Int64
    var place: Int
  }

  private let limit: Int64 = 4
  private let subject: any SemaphoreSubject
  private let number: Int
  private var clients: [Client]
  private var nowUs: Int64 = 4_102_444_800_000_000
  private var holdings: [String: Holding] = [:]
  private var highestFence: Int64 = 0
  /// Waiters that crashed: the server cannot know, and may still hand them permits.
  private var ghosts: [Waiter] = []
  private var places = 0
  private var owners = 0
  private var move = Move.lose
  private(set) var violations: [String] = []
  private(set) var grants = 0
  /// In the last part nobody crashes and nobody comes anew.
  var isEnding = false

  init(_ number: Int, _ subject: any SemaphoreSubject) {
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
    let look = RESPCommand("HGETALL", subject.keys[0])
    switch move {
    case .acquire(let at):
      let client = clients[at]
      return [
        try subject.acquire(
          owner: client.owner, weight: client.weight, limit: limit, ttlUs: client.ttlUs, patienceUs: client.patienceUs,
          nowUs: nowUs), look,
      ]
    case .renew(let at):
      return [try subject.renew(owner: clients[at].owner, ttlUs: clients[at].ttlUs, nowUs: nowUs), look]
    case .release(let at): return [try subject.release(owner: clients[at].owner, nowUs: nowUs), look]
    case .lose: return [RESPCommand(name: "DEL", RESPArguments(subject.keys)), look]
    }
  }

  private mutating func advanceTime(_ chance: inout SeededGenerator) {
    nowUs += 1
    guard Int.random(in: 0..<8, using: &chance) > 0 else {
      // To an edge: the end of a lease or of somebody's patience, exactly or one off.
      let edges = waiters().map(\.leavesUs) + holdings.values.map(\.untilUs).sorted()
      if let edge = edges.randomElement(using: &chance), edge < nowUs + 3_000_000 {
        nowUs = max(nowUs, edge + Int64.random(in: -1...1, using: &chance))
      }
      return
    }
    nowUs += Int64.random(in: 0...(isEnding ? 40_000 : 120_000), using: &chance)
  }

  private mutating func randomMove(_ chance: inout SeededGenerator) -> Move {
    if Int.random(in: 0..<200, using: &chance) == 0 { return .lose }
    let at = Int.random(in: 0..<clients.count, using: &chance)
    if Int.random(in: 0..<25, using: &chance) == 0 {
      // It crashes. What it left at the server ends by itself.
      if let waiter = waiter(clients[at]) { ghosts.append(waiter) }
      clients[at].phase = .idle
    }
    switch clients[at].phase {
    case .idle:
      // Each acquisition has an owner of its own.
      owners += 1
      clients[at] = Client(
        owner: "w\(number)-c\(at)-\(owners)", weight: [1, 1, 2, 3, 4].randomElement(using: &chance) ?? 1,
        ttlUs: [200_000, 1_000_000, 2_000_000].randomElement(using: &chance) ?? 0,
        patienceUs: [0, 30_000, 100_000, 300_000].randomElement(using: &chance) ?? 0)
      return .acquire(at)
    case .waiting: return Int.random(in: 0..<12, using: &chance) == 0 ? .release(at) : .acquire(at)
    case .holding:
      switch Int.random(in: 0..<6, using: &chance) {
      case 0, 1: return .renew(at)
      case 2: return .acquire(at)
      default: return .release(at)
      }
    }
  }

  /// Everyone who waits asks again, the most urgent first, and holders give back.
  private mutating func endingMove() -> Move {
    if let at = clients.firstIndex(where: { if case .holding = $0.phase { true } else { false } }) {
      return .release(at)
    }
    let waiting = clients.indices.compactMap { at -> (Int, Int64)? in
      guard case .waiting(let leavesUs, _) = clients[at].phase else { return nil }
      return (at, leavesUs - clients[at].patienceUs)
    }
    guard let next = waiting.min(by: { $0.1 < $1.1 }) else { return .lose }
    return .acquire(next.0)
  }

  // MARK: Judgement

  mutating func judge(_ reply: RESPValue, _ look: RESPValue) throws {
    let seen = try read(look).filter { $0.value.untilUs > nowUs }
    let before = waiters()
    var asker: String?
    var mustServe = false
    switch move {
    case .lose:
      ghosts = []
      for at in clients.indices { clients[at].phase = .idle }
    case .acquire(let at): (asker, mustServe) = try judgeAcquire(at, LockCalls.acquired(reply), seen)
    case .renew(let at): try judgeRenew(at, LockCalls.renewed(reply))
    case .release(let at):
      let released = try LockCalls.released(reply)
      check((released == .released) == isHeld(clients[at].owner), "release said \(released)")
      clients[at].phase = .idle
      mustServe = released != .lost
    }
    judgeGrants(seen, before, asker)
    forgetPlaces(of: seen)
    holdings = seen
    if mustServe { judgeService() }
  }

  /// Who asked as a newcomer, and whether the queue must have been served.
  private mutating func judgeAcquire(
    _ at: Int, _ answer: LockCalls.Acquired, _ seen: [String: Holding]
  ) throws -> (String?, Bool) {
    let client = clients[at]
    let repeated = if case .holding(let untilUs) = client.phase { untilUs > nowUs } else { false }
    let held = isHeld(client.owner)
    let place = waiter(client)?.place
    switch answer {
    case .acquired(let fence):
      check(seen[client.owner]?.fence == fence, "acquired, but the server does not know")
      check(!held || holdings[client.owner]?.fence == fence, "a repeat got another fence")
      clients[at].phase = .holding(untilUs: nowUs + client.ttlUs)
      let atWork = clients.reduce(Int64(0)) { sum, one in
        if case .holding(let untilUs) = one.phase, untilUs > nowUs { sum + one.weight } else { sum }
      }
      check(atWork <= limit, "\(atWork) permits at work")
    case .held, .waiting:
      check(!repeated || !held, "a repeat was refused")
      if client.patienceUs == 0 {
        clients[at].phase = .idle
      } else {
        places += 1
        clients[at].phase = .waiting(leavesUs: nowUs + client.patienceUs, place: place ?? places)
      }
    }
    return (place == nil && !held ? client.owner : nil, !held)
  }

  private mutating func judgeRenew(_ at: Int, _ renewed: LockCalls.Renewed) throws {
    check((renewed != .lost) == isHeld(clients[at].owner), "renew said \(renewed)")
    if case .holding(let untilUs) = clients[at].phase, renewed != .lost {
      clients[at].phase = .holding(untilUs: max(untilUs, nowUs + clients[at].ttlUs))
    } else {
      clients[at].phase = .idle
    }
  }

  /// Who holds now and did not before: were all who came earlier served too?
  private mutating func judgeGrants(_ seen: [String: Holding], _ before: [Waiter], _ asker: String?) {
    let used = seen.values.reduce(0) { $0 + $1.weight }
    check(used <= limit, "\(used) permits granted")
    let new = seen.filter { holdings[$0.key]?.fence != $0.value.fence }.sorted { $0.value.fence < $1.value.fence }
    grants += new.count
    for (owner, holding) in new {
      check(holding.fence > highestFence, "fence \(holding.fence) after \(highestFence)")
      highestFence = max(highestFence, holding.fence)
      let place = owner == asker ? Int.max : before.first { $0.owner == owner }?.place
      guard let place else {
        check(false, "\(owner) was granted without asking")
        continue
      }
      for waiter in before where waiter.place < place && waiter.owner != released {
        check(seen[waiter.owner] != nil, "\(owner) overtook \(waiter.owner)")
      }
    }
  }

  /// Whoever leaves the queue with this move.
  private var released: String? { if case .release(let at) = move { clients[at].owner } else { nil } }

  private mutating func judgeService() {
    let used = holdings.values.reduce(0) { $0 + $1.weight }
    guard let first = waiters().min(by: { $0.place < $1.place }) else { return }
    check(used + first.weight > limit, "\(first.owner) fits and waits")
  }

  private mutating func forgetPlaces(of seen: [String: Holding]) {
    ghosts.removeAll { seen[$0.owner] != nil || $0.leavesUs <= nowUs }
    for at in clients.indices {
      if case .waiting(let leavesUs, _) = clients[at].phase, seen[clients[at].owner] != nil {
        clients[at].phase = .waiting(leavesUs: leavesUs, place: nil)
      }
    }
  }

  private func waiters() -> [Waiter] { (clients.compactMap(waiter) + ghosts).filter { $0.leavesUs > nowUs } }

  private func waiter(_ client: Client) -> Waiter? {
    guard case .waiting(let leavesUs, let place?) = client.phase, leavesUs > nowUs else { return nil }
    return Waiter(owner: client.owner, weight: client.weight, leavesUs: leavesUs, place: place)
  }

  private func isHeld(_ owner: String) -> Bool { holdings[owner].map { $0.untilUs > nowUs } ?? false }

  private func read(_ look: RESPValue) throws -> [String: Holding] {
    let words = (look.array ?? []).compactMap(\.string)
    var seen: [String: Holding] = [:]
    for at in stride(from: 0, to: words.count - 1, by: 2) {
      let numbers = words[at + 1].split(separator: " ").compactMap { Int64($0) }
      guard numbers.count >= 3 else { continue }
      seen[words[at]] = Holding(weight: numbers[0], untilUs: numbers[1], fence: numbers[2])
    }
    return seen
  }

  private mutating func check(_ holds: Bool, _ what: String) {
    if !holds, violations.count < 5 { violations.append("\(what) (at \(nowUs), \(move))") }
  }
}
