import RESP
import RedisPatterns
import TestSupport

/// A random history of one queue, in virtual time: leases that end, workers that come late, pops that are repeated.
struct QueueWorld {
  private static let leaseUs: Int64 = 1_000_000
  private let calls: QueueCalls
  private var oracle: QueueOracle
  private var nowUs: Int64 = 4_102_444_800_000_000
  private var tokens = 0
  /// What workers believe to have: also what they had.
  private var hands: [(id: String, token: String)] = []

  init(_ number: Int) throws {
    let options = QueueOptions(lease: .microseconds(Self.leaseUs), tries: 3, most: 12, graves: 5)
    calls = try QueueCalls("q\(number)", options: options)
    oracle = QueueOracle(options)
  }

  mutating func next(using chance: inout SeededGenerator) throws -> OracleStep {
    let spans: [Int64] = [0, 1, Self.leaseUs / 4, Self.leaseUs, 2 * Self.leaseUs]
    let furthest = spans.randomElement(using: &chance) ?? 0
    nowUs += Int64.random(in: 0...furthest, using: &chance)
    let roll = Int.random(in: 0..<100, using: &chance)
    let delayUs = Bool.random(using: &chance) ? 0 : Int64.random(in: 1...2 * Self.leaseUs, using: &chance)
    if roll < 25 {
      // Few ids, so that they come again while jobs of theirs wait, are out, or are dead.
      let (id, payload) = ("j\(Int.random(in: 0..<16, using: &chance))", "p\(nowUs)")
      return OracleStep(
        call: try calls.push(id: id, payload: Array(payload.utf8), delay: .microseconds(delayUs), nowUs: nowUs),
        expected: oracle.push(id, payload, delayUs: delayUs, nowUs: nowUs), read: Self.pushed)
    }
    if roll < 60 || hands.isEmpty {
      tokens += 1
      let isRepeated = Int.random(in: 0..<3, using: &chance) == 0
      let token = isRepeated ? "t\(Int.random(in: max(1, tokens - 8)...tokens, using: &chance))" : "t\(tokens)"
      let expected = oracle.pop(token, nowUs: nowUs)
      if expected.hasPrefix("job ") { hands.append((String(expected.split(separator: " ")[1]), token)) }
      return OracleStep(
        call: try calls.pop(token: token, lease: .microseconds(Self.leaseUs), nowUs: nowUs), expected: expected,
        read: Self.popped)
    }
    let hand = hands.suffix(8).randomElement(using: &chance) ?? hands[0]
    switch roll {
    case ..<82:
      let verb = JobVerb.allCases.randomElement(using: &chance) ?? .ack
      return OracleStep(
        call: try calls.settle(
          id: hand.id, token: hand.token, verb: verb, delay: .microseconds(delayUs), nowUs: nowUs),
        expected: oracle.settle(hand.id, hand.token, verb, delayUs: delayUs, nowUs: nowUs)
      ) { try QueueCalls.settled($0).rawValue }
    case ..<90:
      return OracleStep(
        call: try calls.extend(
          id: hand.id, token: hand.token, lease: .microseconds(Self.leaseUs), nowUs: nowUs),
        expected: oracle.extend(hand.id, hand.token, nowUs: nowUs)
      ) { try QueueCalls.extended($0).rawValue }
    case ..<94:
      let count = Int.random(in: 1...3, using: &chance)
      return OracleStep(call: try calls.revive(Int64(count), nowUs: nowUs), expected: oracle.revive(count)) {
        "revived \(try QueueCalls.revived($0))"
      }
    default:
      return OracleStep(call: try calls.look(100, nowUs: nowUs), expected: oracle.look(nowUs: nowUs), read: Self.looked)
    }
  }

  static func state(
    ready: Int, out: Int, later: Int, dead: Int, _ graves: [(id: String, attempts: Int, payload: String)]
  ) -> String {
    "ready \(ready) out \(out) later \(later) dead \(dead): "
      + graves.map { "\($0.id) \($0.attempts) \($0.payload)" }.joined(separator: ", ")
  }

  private static func pushed(_ reply: RESPValue) throws -> String {
    switch try QueueCalls.pushed(reply) {
    case .pushed(let jobs): "pushed \(jobs)"
    case .exists(let jobs): "exists \(jobs)"
    case .full(let jobs): "full \(jobs)"
    }
  }

  private static func popped(_ reply: RESPValue) throws -> String {
    switch try QueueCalls.popped(reply) {
    case .job(let id, let payload, let attempt): "job \(id) \(String(decoding: payload, as: UTF8.self)) \(attempt)"
    case .empty(let retryAfter): "empty \(retryAfter.wholeMicroseconds ?? -1)"
    }
  }

  private static func looked(_ reply: RESPValue) throws -> String {
    let seen = try QueueCalls.looked(reply)
    return state(
      ready: seen.ready, out: seen.out, later: seen.later, dead: seen.dead,
      seen.graves.map { ($0.id, $0.attempts, String(decoding: $0.payload, as: UTF8.self)) })
  }
}
