import Foundation
import Hiredis
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport

/// Swift and Python processes on one queue. One after another is killed with SIGKILL and replaced, until every job was done.
struct QueueFleet {
  struct Report {
    var kills = 0
    /// Jobs that nobody finished.
    var lost: [String] = []
    /// Hand-outs of one job with one attempt, beyond the first.
    var givenTwice = 0
    /// Jobs whose end was told to more than one.
    var ackedTwice = 0
    /// Jobs that wait, are out, put off or dead when all was done.
    var left = 0
    /// Work that was done again: what at least once costs.
    var repeated = 0
    /// What the workers that lived to the end were told.
    var ends: [String: Int] = [:]
  }

  static let namespace = "fleet"
  private static let faces = ["swift", "sync", "swift", "aio"]
  let server: RedisServer
  let redis: RedisClient
  var isNaive = false

  func run(jobs: Int, kills: Int, seed: UInt64) async throws -> Report {
    var chance = SeededGenerator(seed: seed)
    let queue = ReliableQueue("fleet", on: redis, options: .init(tries: 1000), namespace: Self.namespace)
    try await push(0..<jobs / 2, to: queue, &chance)
    var workers: [(face: String, program: Program)] = []
    // The control is in Swift alone: what it shows does not depend on the language.
    for face in Self.faces { workers.append((face, try start(isNaive ? "swift" : face))) }
    try await push(jobs / 2..<jobs, to: queue, &chance)

    var report = Report()
    while report.kills < kills {
      let wanted = jobs * 3 * (report.kills + 1) / (4 * (kills + 1))
      try await until { try await self.handled().count + Int.random(in: 0...2, using: &chance) >= wanted }
      let victim = Int.random(in: 0..<workers.count, using: &chance)
      workers[victim].program.signal(SIGKILL)
      _ = try await workers[victim].program.wait()
      report.kills += 1
      workers[victim].program = try start(isNaive ? "swift" : workers[victim].face)
    }
    try await until { try await isFinished(queue, jobs) }
    _ = try await redis.send("SET", "\(Self.namespace):fleet:done", 1)
    for worker in workers {
      let result = try await worker.program.wait(.seconds(60))
      guard result.status == 0 else {
        throw ParityError("\(worker.face) ended with \(result.status): \(result.stderr)")
      }
      guard case .object(let ends) = try JSONValue(parsing: Data(result.stdout.utf8)) else { continue }
      for (end, count) in ends { report.ends[end, default: 0] += Int(count.int ?? 0) }
    }
    let handled = try await self.handled()
    report.lost = (0..<jobs).map { "j\($0)" }.filter { handled[$0] == nil }
    report.repeated = handled.values.reduce(0) { $0 + $1 - 1 }
    let hands = try await redis.send("LRANGE", "\(Self.namespace):fleet:hands", 0, -1).array ?? []
    report.givenTwice = hands.count - Set(hands.compactMap(\.string)).count
    report.ackedTwice = try await counts("acked").values.count { $0 > 1 }
    let state = try await queue.look()
    report.left = state.ready + state.out + state.later + state.dead
    return report
  }

  private func push(_ numbers: Range<Int>, to queue: ReliableQueue, _ chance: inout SeededGenerator) async throws {
    for number in numbers {
      if isNaive {
        _ = try await redis.send("RPUSH", "\(Self.namespace):naive:fleet", "j\(number)")
      } else {
        let delay = Duration.milliseconds([0, 0, 0, 30].randomElement(using: &chance) ?? 0)
        guard case .pushed = try await queue.push("payload", id: "j\(number)", delay: delay) else {
          throw ParityError("j\(number) was not pushed")
        }
      }
    }
  }

  private func start(_ face: String) throws -> Program {
    var words = [
      "queue", "--url", server.url, "--namespace", Self.namespace, "--workers", "1", "--json", "--lease-us", "300000",
      "--work-us", "10000",
    ]
    if face == "swift" {
      if isNaive { words.append("--naive") }
      return try Program(Program.redisPatterns(), ["fleet"] + words)
    }
    let python = try PythonProcessLanguage.interpreter(root: ProjectRoot.find())
    words = ["-m", "redis_patterns._fleet"] + words + ["--face", face]
    return try Program(
      python.path, (python.path == "/usr/bin/env" ? ["python3"] : []) + words,
      environment: python.environment.mapValues(Optional.some))
  }

  /// A naive fleet is done when the list is empty: what the killed had in hand never comes again.
  private func isFinished(_ queue: ReliableQueue, _ jobs: Int) async throws -> Bool {
    guard !isNaive else { return try await redis.send("EXISTS", "\(Self.namespace):naive:fleet").int == 0 }
    let state = try await queue.look()
    guard state.ready + state.out + state.later == 0 else { return false }
    return try await handled().count + state.dead >= jobs
  }

  private func handled() async throws -> [String: Int] { try await counts("handled") }

  private func counts(_ field: String) async throws -> [String: Int] {
    let flat = try await redis.send("HGETALL", "\(Self.namespace):fleet:\(field)").array ?? []
    var counts: [String: Int] = [:]
    for at in stride(from: 0, to: flat.count - 1, by: 2) {
      if let id = flat[at].string, let count = flat[at + 1].int { counts[id] = Int(count) }
    }
    return counts
  }

  private func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(240)
    while try await !condition() {
      guard ContinuousClock.now < deadline else { throw ParityError("the fleet got nowhere for four minutes") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
