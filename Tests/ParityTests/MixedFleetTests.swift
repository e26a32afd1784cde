import Foundation
import Hiredis
import ParitySupport
import RESP
import RedisPatternsTesting
import TestSupport
import Testing

/// Four Swift and four Python processes on one thing, by the server's own clock.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `A mixed fleet` {
  @Test func `on one bucket admits exactly its burst, each unit once`() async throws {
    try await withFleet { fleet, redis in
      let burst = 5 * RandomRun.count(80)
      // A unit drains in an hour: within the test none comes back, so that the burst is the exact number.
      let reports = try await fleet.run(
        "bucket", namespace: "b",
        [
          "--limit", "1", "--per-us", "3600000000", "--burst", "\(burst)", "--attempts", "\(burst / 5)",
        ])
      let admitted = reports.compactMap { $0["admitted"]?.int }
      let denied = reports.compactMap { $0["denied"]?.int }
      #expect(admitted.reduce(0, +) == Int64(burst))
      #expect(denied.reduce(0, +) == Int64(8 * (burst / 5) - burst))
      // Every admission saw another state: what remained is each number below the burst, exactly once.
      let remaining = reports.flatMap { $0["remaining"]?.array?.compactMap(\.int) ?? [] }
      let exact = remaining.sorted() == (0..<Int64(burst)).map { $0 }
      Evidence.record(
        "fleet", "admissions", count: remaining.count, violations: exact ? 0 : 1, seen: ["processes": reports.count])
      #expect(remaining.sorted() == (0..<Int64(burst)).map { $0 })
      #expect(admitted.allSatisfy { $0 > 0 }, "every worker was admitted sometimes: \(admitted)")
      let first = try #require(try await Keyspace.dump(redis, prefix: "b:bucket").first)
      #expect(first.key == "b:bucket:{fleet}")
      #expect(first.expiresAtMs != nil)
    }
  }

  @Test func `on one bucket that reads and writes in two steps admits too many`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, _ in
      let reports = try await fleet.run(
        "bucket", namespace: "m",
        ["--limit", "1", "--per-us", "3600000000", "--burst", "200", "--attempts", "100", "--naive"])
      #expect(reports.compactMap { $0["admitted"]?.int }.reduce(0, +) > 200)
    }
  }

  @Test func `on one lock never overlaps, and fences grow`() async throws {
    try await withFleet { fleet, redis in
      let rounds = RandomRun.count(12)
      _ = try await fleet.run("lock", namespace: "l", ["--rounds", "\(rounds)"])
      let log = try await SectionLog(redis, namespace: "l")
      Evidence.record(
        "fleet", "locked sections", count: log.entries.count / 2, violations: log.overlaps,
        seen: ["passed between the languages": log.crossings])
      #expect(log.entries.count == 2 * 8 * rounds)
      #expect(log.overlaps == 0)
      #expect(log.counter == Int64(8 * rounds))
      #expect(log.fences == log.fences.sorted())
      #expect(Set(log.fences).count == log.fences.count)
      #expect(log.workers.count == 8)
      #expect(log.crossings > 0, "the lock passed between the languages")
    }
  }

  @Test func `without the lock overlaps in the same harness`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, redis in
      _ = try await fleet.run("lock", namespace: "n", ["--rounds", "100", "--naive"])
      let log = try await SectionLog(redis, namespace: "n")
      Evidence.control("fleet", ["overlaps without the lock": log.overlaps])
      #expect(log.overlaps > 0, "a look and a take in two steps must let two in")
    }
  }

  @Test func `at a cold key loads once`() async throws {
    try await withFleet { fleet, redis in
      let keys = RandomRun.count(10)
      let reports = try await fleet.run("cache", namespace: "c", ["--keys", "\(keys)"])
      #expect(reports.allSatisfy { $0["wrong"]?.int == 0 })
      let loads = try await loads(redis, "c")
      Evidence.record("fleet", "cold keys", count: keys, violations: loads.values.count { $0 != 1 })
      #expect(loads.count == keys)
      #expect(loads.values.allSatisfy { $0 == 1 }, "\(loads)")
    }
  }

  @Test func `at a cold key without the lease loads more than once`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, redis in
      _ = try await fleet.run("cache", namespace: "d", ["--keys", "10", "--naive"])
      let loads = try await loads(redis, "d")
      Evidence.control("fleet", ["keys loaded twice without the lease": loads.values.count { $0 > 1 }])
      #expect(loads.values.contains { $0 > 1 })
    }
  }

  @Test func `at each soft expiry loads once, and nobody waits for it`() async throws {
    try await withFleet { fleet, redis in
      let wanted = RandomRun.count(15)
      let reports = try await fleet.run(
        "refresh", namespace: "r", ["--loads", "\(wanted)", "--ttl-us", "60000", "--load-us", "20000"])
      #expect(reports.allSatisfy { $0["backwards"]?.int == 0 })
      let log = try await RefreshLog(redis, namespace: "r")
      Evidence.record(
        "fleet", "soft expiries", count: log.begun.count, violations: log.overlaps + log.repeated,
        seen: ["reads": Int(reports.compactMap { $0["asked"]?.int }.reduce(0, +))])
      #expect(log.begun.count >= wanted)
      #expect(log.overlaps == 0, "two loads at a time")
      #expect(log.repeated == 0, "two loads for one entry")
    }
  }

  @Test func `at a soft expiry without the lease loads more than once`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, redis in
      _ = try await fleet.run(
        "refresh", namespace: "s", ["--loads", "40", "--ttl-us", "60000", "--load-us", "20000", "--naive"])
      let log = try await RefreshLog(redis, namespace: "s")
      Evidence.control("fleet", ["loads beyond the first at a soft expiry, without the lease": log.repeated])
      #expect(log.repeated > 0)
    }
  }

  @Test func `on one user keeps the limit, and on one session loses no field and brings nothing back`() async throws {
    try await withFleet { fleet, _ in
      let reports = try await fleet.run(
        "session", namespace: "u", ["--logins", "8", "--limit", "3", "--rounds", "\(RandomRun.count(20))"])
      #expect(reports.compactMap { $0["alive"]?.int }.reduce(0, +) == 3)
      for report in reports {
        #expect(report["fields"]?.int == 8)
        #expect(report["lost"]?.int == 0)
        #expect(report["late"]?.int == 0)
        #expect(report["back"]?.bool == false)
      }
    }
  }

  @Test func `on one session that is read and written back loses fields`() async throws {
    try await withFleet(swift: 8, python: 0) { fleet, _ in
      let reports = try await fleet.run(
        "session", namespace: "v", ["--logins", "0", "--limit", "3", "--rounds", "100", "--naive"])
      let lost = reports.compactMap { $0["lost"]?.int }.reduce(0, +)
      Evidence.control("fleet", ["fields lost by reading and writing back": Int(lost)])
      #expect(lost > 0)
    }
  }

  private func loads(_ redis: RedisClient, _ namespace: String) async throws -> [String: Int64] {
    let flat = try await redis.execute(RESPCommand("HGETALL", "\(namespace):fleet:loads")).array ?? []
    var loads: [String: Int64] = [:]
    for at in stride(from: 0, to: flat.count - 1, by: 2) { loads[flat[at].string ?? ""] = flat[at + 1].int }
    return loads
  }

  private func withFleet(
    swift: Int = 4, python: Int = 4, _ body: (MixedFleet, RedisClient) async throws -> Void
  ) async throws {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    defer { redis.close() }
    try await body(MixedFleet(server: server, swift: swift, python: python), redis)
  }
}
