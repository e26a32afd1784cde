import Foundation
import Hiredis
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport

/// Swift and Python processes on one stream. One after another is killed with SIGKILL and replaced, by chance under its
/// old name or under a new one, until every message was handled.
struct StreamFleet {
  struct Report {
    var messages = 0
    var kills = 0
    /// Messages that nobody handled.
    var lost: [Int] = []
    /// Handlings beyond the first: what at least once costs.
    var repeated: Int64 = 0
    var pending: Int64 = 0
    var deadLetters = 0
  }

  static let namespace = "fleet"
  let server: RedisServer
  let redis: RedisClient
  var isNaive = false

  private static let faces = ["swift", "sync", "swift", "aio"]

  func run(messages: Int, kills: Int, seed: UInt64) async throws -> Report {
    var chance = SeededGenerator(seed: seed)
    let stream = MessageStream("fleet", on: redis, namespace: Self.namespace)
    _ = try await redis.run(
      try StreamCalls("fleet", namespace: Self.namespace).open(group: FleetWorker.group, consumer: "opener"))
    try await add(0..<messages / 2, to: stream)
    var workers: [(face: String, consumer: String, program: Program)] = []
    for (number, face) in Self.faces.enumerated() {
      workers.append((face, "w\(number)", try start(face, "w\(number)")))
    }
    try await add(messages / 2..<messages, to: stream)

    var report = Report(messages: messages)
    // A kill each time that a share of the messages was handled, at a moment that chance decides.
    while report.kills < kills {
      let wanted = messages * 3 * (report.kills + 1) / (4 * (kills + 1))
      try await until { try await handled() + Int.random(in: 0...2, using: &chance) >= wanted }
      let victim = Int.random(in: 0..<workers.count, using: &chance)
      workers[victim].program.signal(SIGKILL)
      _ = try await workers[victim].program.wait()
      report.kills += 1
      let keepsName = Bool.random(using: &chance)
      let consumer = keepsName ? workers[victim].consumer : "w\(workers.count)-\(report.kills)"
      let face = workers[victim].face
      workers[victim] = (face, consumer, try start(face, consumer))
    }
    try await until { try await isFinished(stream, messages) }
    _ = try await redis.send("SET", "\(Self.namespace):fleet:done", 1)
    for worker in workers {
      let result = try await worker.program.wait(.seconds(60))
      guard result.status == 0 else {
        throw ParityError("\(worker.face) ended with \(result.status): \(result.stderr)")
      }
    }
    let counts = try await counts()
    report.lost = (0..<messages).filter { counts[$0] == nil }
    report.repeated = counts.values.reduce(0) { $0 + $1 - 1 }
    report.pending = try await stream.lag(of: FleetWorker.group)?.pending ?? -1
    report.deadLetters = try await stream.deadLetters().count
    return report
  }

  /// Each is added twice, as after a lost answer: the request id makes one of it.
  private func add(_ numbers: Range<Int>, to stream: MessageStream) async throws {
    for n in numbers {
      let first = try await stream.add(["n": "\(n)"], request: "r\(n)")
      let again = try await stream.add(["n": "\(n)"], request: "r\(n)")
      guard again.isDuplicate, again.id == first.id else { throw ParityError("request r\(n) appended twice") }
    }
  }

  private func start(_ face: String, _ consumer: String) throws -> Program {
    var words = [
      "stream", "--url", server.url, "--namespace", Self.namespace, "--workers", "1", "--json", "--consumer", consumer,
      "--idle-us", "2000000", "--work-us", "20000",
    ]
    if face == "swift" {
      if isNaive { words.append("--naive") }
      return try Program(Program.redisPatterns(), ["fleet"] + words)
    }
    let python = try PythonProcessLanguage.interpreter(root: ProjectRoot.find())
    words = ["-m", "redis_patterns._fleet"] + words + ["--face", isNaive ? "naive" : face]
    return try Program(
      python.path, (python.path == "/usr/bin/env" ? ["python3"] : []) + words,
      environment: python.environment.mapValues(Optional.some))
  }

  /// A naive fleet is done when everything was read: what the killed had in hand never comes again.
  private func isFinished(_ stream: MessageStream, _ messages: Int) async throws -> Bool {
    guard let lag = try await stream.lag(of: FleetWorker.group), lag.unread == 0 else { return false }
    guard !isNaive else { return true }
    guard lag.pending == 0 else { return false }
    return try await handled() >= messages
  }

  private func handled() async throws -> Int {
    Int(try await redis.send("HLEN", "\(Self.namespace):fleet:handled").int ?? 0)
  }

  private func counts() async throws -> [Int: Int64] {
    let flat = try await redis.send("HGETALL", "\(Self.namespace):fleet:handled").array ?? []
    var counts: [Int: Int64] = [:]
    for at in stride(from: 0, to: flat.count - 1, by: 2) {
      if let n = flat[at].int, let count = flat[at + 1].int { counts[Int(n)] = count }
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
