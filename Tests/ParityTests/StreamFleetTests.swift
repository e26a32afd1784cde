import Hiredis
import ParitySupport
import RedisPatternsTesting
import TestSupport
import Testing

/// Workers of both languages on one stream, killed at random points.
@Suite(.serialized, .timeLimit(.minutes(15))) struct `A fleet on one stream` {
  @Test func `loses no message, whoever is killed`() async throws {
    let seed = RandomRun.seed("stream fleet")
    let messages = RandomRun.count(250)
    let report = try await withFleet { try await $0.run(messages: messages, kills: max(6, messages / 40), seed: seed) }
    Evidence.record(
      "streams", "messages", count: report.messages, violations: report.lost.count,
      seen: ["workers killed": report.kills, "messages handled again": Int(report.repeated)])
    #expect(report.lost.isEmpty, "lost: \(report.lost.prefix(10))")
    #expect(report.pending == 0 && report.deadLetters == 0)
  }

  @Test func `that acknowledges before it works loses messages in the same harness`() async throws {
    let seed = RandomRun.seed("naive stream fleet")
    let report = try await withFleet(naive: true) { try await $0.run(messages: 250, kills: 8, seed: seed) }
    Evidence.control("streams", ["messages lost by an ack before the work": report.lost.count])
    #expect(!report.lost.isEmpty, "the control must lose some")
  }

  private func withFleet(
    naive: Bool = false, _ body: (StreamFleet) async throws -> StreamFleet.Report
  ) async throws -> StreamFleet.Report {
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    defer { redis.close() }
    return try await body(StreamFleet(server: server, redis: redis, isNaive: naive))
  }
}
