import LuaScripts
import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite(.ownThread) struct `Sessions under random interleavings` {
  @Test func `no session comes back, no key is without an end and no saved field is lost`() async throws {
    let (count, seed) = (RandomRun.count(500), RandomRun.seed("session interleavings"))
    let outcome = try await play(count, .shipped, seed: seed)
    Evidence.record(
      "sessions", "interleavings", count: count, seed: seed, violations: outcome.violations,
      seen: ["saves": outcome.saves, "ends": outcome.ends])
    #expect(outcome.resurrected == 0)
    #expect(outcome.lateAccepted == 0)
    #expect(outcome.immortal == 0)
    #expect(outcome.lost == 0)
    // The interleavings must reach what they are for.
    #expect(outcome.saves > count && outcome.ends > count / 4, "\(outcome)")
  }

  @Test func `GET and SET bring sessions back and lose fields in the same interleavings`() async throws {
    let outcome = try await play(200, .whole, seed: RandomRun.seed("naive sessions, whole"))
    Evidence.control(
      "sessions", ["GET and SET: brought back": outcome.resurrected, "GET and SET: lost fields": outcome.lost])
    #expect(outcome.resurrected > 0 && outcome.lost > 0, "\(outcome)")
  }

  @Test func `HSET and EXPIRE bring sessions back, some for ever, in the same interleavings`() async throws {
    let outcome = try await play(400, .fields, seed: RandomRun.seed("naive sessions, fields"))
    Evidence.control(
      "sessions",
      ["HSET and EXPIRE: brought back": outcome.resurrected, "HSET and EXPIRE: without an end": outcome.immortal])
    #expect(outcome.resurrected > 0 && outcome.immortal > 0, "\(outcome)")
  }

  private struct Outcome {
    var resurrected = 0
    var lateAccepted = 0
    var immortal = 0
    var lost = 0
    var saves = 0
    var ends = 0

    var violations: Int { resurrected + lateAccepted + immortal + lost }
  }

  private func play(_ count: Int, _ subject: SessionWorld.Subject, seed: UInt64) async throws -> Outcome {
    var outcome = Outcome()
    try await withServer { _, redis in
      for script in LuaScript.all where script.pattern == "sessions" {
        _ = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source))
      }
      var chance = SeededGenerator(seed: seed)
      for start in stride(from: 0, to: count, by: 250) {
        var worlds: [SessionWorld] = []
        for number in start..<min(start + 250, count) { worlds.append(SessionWorld(number, subject, using: &chance)) }
        while true {
          var (moved, commands): ([Int], [RESPCommand]) = ([], [])
          for at in worlds.indices {
            guard let command = try worlds[at].next(using: &chance) else { continue }
            moved.append(at)
            commands.append(command)
          }
          if moved.isEmpty { break }
          for (at, reply) in zip(moved, await redis.pipeline(commands)) { try worlds[at].judge(reply.get()) }
        }
        for at in worlds.indices {
          let replies = await redis.pipeline(try worlds[at].looks())
          try worlds[at].judgeLooks(replies.map { try $0.get() }[...])
          outcome.resurrected += worlds[at].resurrected
          outcome.lateAccepted += worlds[at].lateAccepted
          outcome.immortal += worlds[at].immortal
          outcome.lost += worlds[at].lost
          outcome.saves += worlds[at].saves
          outcome.ends += worlds[at].ends
        }
      }
    }
    return outcome
  }
}
