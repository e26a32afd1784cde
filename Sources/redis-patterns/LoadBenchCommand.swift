import ArgumentParser
import Foundation
import Hiredis
import RESP

/// One load on our own client; `scripts/bench client` runs it beside other clients and prints one JSON line.
struct LoadBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "One closed loop per task on one connection.", shouldDisplay: false)

  @Option var port: Int
  @Option var count: Int
  @Option var tasks = 64
  @Flag(help: "The tasks run on the client's own thread.") var onLoop = false
  @Flag(help: "Report resident memory after a tenth of the calls and at the end.") var memory = false
  @Argument(parsing: .allUnrecognized) var command: [String]

  struct Memory: Encodable {
    let calls: Int
    let rss_kib_after_warm_up: Int
    let rss_kib_at_end: Int
  }

  struct Figures: Encodable {
    let ops: Int
    let seconds: Double
    let cpu_seconds: Double
    let memory: Memory?
  }

  func run() throws {
    try runAsync {
      let client = try RedisClient("redis://127.0.0.1:\(port)")
      defer { client.close() }
      let load = try Load(command, client)
      try await load.run(calls: tasks * 20, tasks: tasks, onLoop: onLoop)  // connects and warms up
      let warm = memory ? try await measured(load, calls: count / 10).rss : nil
      let (seconds, cpu, rss) = try await measured(load, calls: memory ? count - count / 10 : count)
      let figures = Figures(
        ops: count, seconds: seconds, cpu_seconds: cpu,
        memory: warm.map { Memory(calls: count, rss_kib_after_warm_up: $0, rss_kib_at_end: rss) })
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      print(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }
  }

  private func measured(_ load: Load, calls: Int) async throws -> (seconds: Double, cpu: Double, rss: Int) {
    let cpu = Self.cpuSeconds()
    let start = ContinuousClock.now
    try await load.run(calls: calls, tasks: tasks, onLoop: onLoop)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return (seconds, Self.cpuSeconds() - cpu, Self.residentKiB())
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// 0 where there is no /proc.
  private static func residentKiB() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE)) / 1024
  }
}

/// What a task sends, again and again.
private enum Load: Sendable {
  case get(RedisClient, key: String)
  case set(RedisClient, key: String, value: String)
  case script(RedisClient, ScriptCall)

  /// - Parameter command: `GET key`, `SET key value`, or `EVALSHA sha1 1 key arguments…`.
  init(_ command: [String], _ client: RedisClient) throws {
    switch command.first?.uppercased() {
    case "GET" where command.count == 2: self = .get(client, key: command[1])
    case "SET" where command.count == 3: self = .set(client, key: command[1], value: command[2])
    case "EVALSHA" where command.count > 4:
      let script = RedisScript(name: "bench", sha1: command[1], source: [])
      self = .script(client, ScriptCall(script, keys: [command[3]], arguments: command.dropFirst(4).map { $0 }))
    default: throw ValidationError("this load knows GET, SET and EVALSHA")
    }
  }

  func run(calls: Int, tasks: Int, onLoop: Bool) async throws {
    guard onLoop else { return try await everyTask(calls / tasks, tasks) }
    try await client.withLoop { try await everyTask(calls / tasks, tasks) }
  }

  private var client: RedisClient {
    switch self {
    case .get(let client, _), .set(let client, _, _), .script(let client, _): client
    }
  }

  @concurrent private func everyTask(_ calls: Int, _ tasks: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask { try await repeated(calls) }
      }
      try await group.waitForAll()
    }
  }

  private func repeated(_ calls: Int) async throws {
    switch self {
    case .get(let client, let key): for _ in 0..<calls { _ = try await client.send("GET", key) }
    case .set(let client, let key, let value): for _ in 0..<calls { _ = try await client.send("SET", key, value) }
    case .script(let client, let call): for _ in 0..<calls { _ = try await client.run(call) }
    }
  }
}
