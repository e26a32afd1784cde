import RESP
import RedisPatterns
import TestSupport

/// A random interleaving of requests on one user's sessions with a logout, a rotation and expiry, at the grain of round
/// trips, in virtual time. A request loads, works, and saves a field of its own; it may die between any two commands.
struct SessionWorld {
  enum Subject {
    case shipped
    /// GET, then SET of the whole session.
    case whole
    /// HGETALL, HSET, EXPIRE.
    case fields
  }

  private enum Phase {
    case creating
    case loading
    case saving(String)
    case expiring
    case ending
    case rotating(SessionID)
    case done
  }

  private struct Actor {
    enum Role { case starter, worker, ender, rotator }
    let role: Role
    var phase: Phase
    var slot = 0
    var handle = ""
    var requests = 0
    /// Whether the session had ended before the command that is under way was sent.
    var isLate = false
  }

  private struct Slot {
    var ids: [SessionID]
    var isEnded = false
    /// What was said to be saved, by worker.
    var saved: [Int: Int] = [:]
  }

  private enum End: CaseIterable { case one, all, others, time }

  private let subject: Subject
  private let calls: SessionCalls
  private let number: Int
  private let tag: SessionTag
  private let end: End
  private var actors: [Actor]
  private var slots: [Slot] = []
  private var nowUs: Int64 = 4_102_444_800_000_000
  private var turn = 0
  private(set) var resurrected = 0
  private(set) var immortal = 0
  private(set) var lost = 0
  private(set) var lateAccepted = 0
  private(set) var saves = 0
  private(set) var ends = 0

  private static let idle = Duration.seconds(1000)
  private static let grace = Duration.seconds(5)

  init(_ number: Int, _ subject: Subject, using chance: inout SeededGenerator) {
    (self.number, self.subject) = (number, subject)
    tag = SessionTag(user: "world-\(number)")
    do throws(RedisError) { calls = try SessionCalls(tag) } catch { fatalError("\(error)") }
    end = End.allCases.randomElement(using: &chance)!
    slots = (0..<2).map { [tag] _ in Slot(ids: [SessionID(drawnFor: tag)]) }
    actors = slots.indices.map { Actor(role: .starter, phase: .creating, slot: $0) }
    actors += (0..<3).map { Actor(role: .worker, phase: .loading, slot: $0 % 2) }
    if Int.random(in: 0..<4, using: &chance) > 0 { actors.append(Actor(role: .ender, phase: .ending)) }
    if subject == .shipped, Bool.random(using: &chance) {
      actors.append(Actor(role: .rotator, phase: .rotating(SessionID(drawnFor: tag))))
    }
  }

  // MARK: Moves

  /// The next command of some actor, or none when all have come to their end.
  mutating func next(using chance: inout SeededGenerator) throws -> RESPCommand? {
    nowUs += [1, 1, 1000, 200_000].randomElement(using: &chance)!
    let starting = actors.indices.filter { actors[$0].role == .starter && !isDone($0) }
    let ready = starting.isEmpty ? actors.indices.filter { !isDone($0) } : starting
    guard let chosen = ready.randomElement(using: &chance) else { return nil }
    turn = chosen
    switch actors[chosen].phase {
    case .saving, .expiring:
      if Int.random(in: 0..<12, using: &chance) == 0 {
        actors[chosen].phase = .done  // It dies.
        return RESPCommand("PING")
      }
    default: break
    }
    let slot = actors[chosen].slot
    actors[chosen].isLate = slots[slot].isEnded
    if subject != .shipped { return naive(actors[chosen], slot) }
    if actors[chosen].handle.isEmpty { actors[chosen].handle = slots[slot].ids.last!.handle(nil) }
    return try shipped(actors[chosen])
  }

  private func isDone(_ at: Int) -> Bool { if case .done = actors[at].phase { true } else { false } }

  private mutating func shipped(_ actor: Actor) throws -> RESPCommand {
    let handle = actor.handle
    switch actor.phase {
    case .creating:
      return try calls.create(
        handle: handle, user: "world-\(number)", idle: Self.idle, lifetime: .seconds(100_000), limit: 3, nowUs: nowUs
      ).evalsha
    case .loading, .expiring, .done:
      return try calls.use(handle: handle, touchEvery: .milliseconds(100), nowUs: nowUs).evalsha
    case .saving:
      let put = ["f\(turn)": "\(actor.requests)"]
      return try calls.use(handle: handle, touchEvery: .milliseconds(100), put: put, nowUs: nowUs).evalsha
    case .rotating(let next):
      return try calls.rotate(handle: handle, fresh: next.handle(nil), grace: Self.grace, nowUs: nowUs).evalsha
    case .ending:
      switch end {
      case .one: return try calls.revoke(handle: handle, nowUs: nowUs).evalsha
      case .all: return try calls.revokeAll(nowUs: nowUs).evalsha
      case .others: return try calls.revokeAll(keeping: handle, nowUs: nowUs).evalsha
      case .time:
        nowUs += Self.idle.wholeMicroseconds ?? 0
        return RESPCommand("PING")
      }
    }
  }

  private func key(_ slot: Int) -> String { "naive:\(number):\(slot)" }

  private func naive(_ actor: Actor, _ slot: Int) -> RESPCommand {
    let ends: Int64 = 4_102_444_800_000 + 3_600_000
    let value = "\(actor.requests)"
    switch actor.phase {
    case .creating where subject == .whole: return RESPCommand("SET", key(slot), "f=0", "PXAT", ends)
    case .creating: return RESPCommand("HSET", key(slot), "f", "0")
    case .loading where subject == .whole: return RESPCommand("GET", key(slot))
    case .loading, .rotating, .done: return RESPCommand("HGETALL", key(slot))
    case .saving(let loaded) where subject == .whole:
      let kept = loaded.split(separator: ";").filter { !$0.hasPrefix("f\(turn)=") }
      return RESPCommand("SET", key(slot), (kept + ["f\(turn)=\(value)"]).joined(separator: ";"), "PXAT", ends)
    case .saving: return RESPCommand("HSET", key(slot), "f\(turn)", value)
    case .expiring: return RESPCommand("PEXPIREAT", key(slot), ends)
    case .ending:
      switch end {
      case .one: return RESPCommand("DEL", key(slot))
      case .others: return RESPCommand("DEL", key(1 - slot))
      case .all, .time: return RESPCommand("DEL", key(0), key(1))
      }
    }
  }

  // MARK: Judgement

  mutating func judge(_ reply: RESPValue) throws {
    let actor = actors[turn]
    switch actor.phase {
    case .creating: actors[turn].phase = subject == .fields ? .expiring : .done
    case .expiring: finishRequest()
    case .loading: try judgeLoad(reply)
    case .saving: try judgeSave(reply)
    case .rotating(let next):
      if case .rotated = try SessionCalls.rotated(reply) { slots[actor.slot].ids.append(next) }
      actors[turn].phase = .done
    case .ending: try judgeEnd(reply)
    case .done: break
    }
  }

  private mutating func judgeLoad(_ reply: RESPValue) throws {
    var loaded: String?
    if subject == .shipped {
      switch try SessionCalls.used(reply) {
      case .live: loaded = ""
      case .replaced(let next): return actors[turn].handle = next
      case .gone, .conflict: break
      }
    } else if subject == .whole {
      loaded = reply.string
    } else {
      loaded = reply.array?.isEmpty == false ? "" : nil
    }
    guard let loaded else {
      actors[turn].phase = .done
      return
    }
    if actors[turn].isLate { lateAccepted += 1 }
    actors[turn].requests += 1
    actors[turn].phase = .saving(loaded)
  }

  private mutating func judgeSave(_ reply: RESPValue) throws {
    let actor = actors[turn]
    if subject == .shipped {
      guard case .live = try SessionCalls.used(reply) else { return finishRequest() }
    }
    saves += 1
    slots[actor.slot].saved[turn] = actor.requests
    if actor.isLate { lateAccepted += 1 }
    if subject == .fields { actors[turn].phase = .expiring } else { finishRequest() }
  }

  private mutating func finishRequest() {
    actors[turn].handle = ""
    actors[turn].phase = actors[turn].role == .starter || actors[turn].requests >= 3 ? .done : .loading
  }

  private mutating func judgeEnd(_ reply: RESPValue) throws {
    if subject == .shipped {
      switch end {
      case .one: if case .replaced(let next) = try SessionCalls.revoked(reply) { return actors[turn].handle = next }
      case .others:
        if case .replaced(let next) = try SessionCalls.revokedAll(reply) { return actors[turn].handle = next }
      case .all, .time: break
      }
    }
    ends += 1
    let own = actors[turn].slot
    for at in slots.indices where end == .all || end == .time || (end == .one) == (at == own) {
      slots[at].isEnded = true
    }
    actors[turn].phase = .done
  }

  /// What is asked at the end, when the grace has passed: for each session its content, and its life.
  mutating func looks() throws -> [RESPCommand] {
    nowUs += Self.grace.wholeMicroseconds ?? 0
    var commands: [RESPCommand] = []
    for (at, slot) in slots.enumerated() {
      let handle = slot.ids.last!.handle(nil)
      switch subject {
      case .shipped:
        commands.append(try calls.use(handle: handle, touchEvery: .seconds(1), nowUs: nowUs).evalsha)
        commands.append(RESPCommand("PTTL", try calls.session(handle)))
      case .whole: commands += [RESPCommand("GET", key(at)), RESPCommand("PTTL", key(at))]
      case .fields: commands += [RESPCommand("HGETALL", key(at)), RESPCommand("PTTL", key(at))]
      }
    }
    return commands
  }

  mutating func judgeLooks(_ replies: ArraySlice<RESPValue>) throws {
    for (at, slot) in slots.enumerated() {
      let found = try content(replies[replies.startIndex + at * 2])
      if replies[replies.startIndex + at * 2 + 1].int == -1 { immortal += 1 }
      if slot.isEnded {
        if found != nil { resurrected += 1 }
      } else {
        for (worker, count) in slot.saved where Int(found?["f\(worker)"] ?? "") ?? 0 < count { lost += 1 }
      }
    }
  }

  private func content(_ reply: RESPValue) throws -> [String: String]? {
    switch subject {
    case .shipped: if case .live(let state) = try SessionCalls.used(reply) { state.data } else { nil }
    case .whole:
      reply.string.map { text in
        Dictionary(
          text.split(separator: ";").map { $0.split(separator: "=").map(String.init) }.map { ($0[0], $0[1]) }
        ) { $1 }
      }
    case .fields:
      reply.array.flatMap { words in
        words.isEmpty
          ? nil
          : Dictionary(
            stride(from: 0, to: words.count, by: 2).map { (words[$0].string ?? "", words[$0 + 1].string ?? "") }
          ) { $1 }
      }
    }
  }
}
