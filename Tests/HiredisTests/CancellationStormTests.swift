import Hiredis
import RESP
import RedisPatternsTesting
import Synchronization
import TestSupport
import Testing

/// Calls with a nonce each, cancelled at random moments: every answer must be the one to its own question.
@Suite struct `Cancellations under load` {
  struct Tally: Sendable {
    var answered = 0
    /// While their command was under way: the cancellations that could shift something.
    var cancelled = 0
    var early = 0
    var shifted = 0
    var others: [String] = []
  }

  /// Runs until `count` calls were cancelled, 64 at a time, each after up to `turns` of other tasks.
  private func storm(
    _ count: Int, seed: UInt64, turns: Int = 6, echo: @escaping @Sendable (String) async throws -> [UInt8]?
  ) async -> Tally {
    let tally = Box(Tally())
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<64 {
        group.addTask {
          var chance = SeededGenerator(seed: seed &+ UInt64(worker))
          var number = 0
          while tally.value.cancelled < count, tally.value.shifted == 0, number < 30 * count {
            number += 1
            let nonce = "\(worker)/\(number)"
            let call = Task { try await echo(nonce) }
            for _ in 0..<Int.random(in: 0...turns, using: &chance) { await Task.yield() }
            if Int.random(in: 0..<10, using: &chance) > 0 { call.cancel() }
            let result = await call.result
            tally.update { tally in
              switch result {
              case .success(let answer):
                tally.answered += 1
                if answer != Array(nonce.utf8) {
                  tally.shifted += 1
                  tally.others.append("\(nonce) got \(answer.map { String(decoding: $0, as: UTF8.self) } ?? "nothing")")
                }
              case .failure(let error as RedisError) where error.code == .cancelled:
                if error.execution == .unknown { tally.cancelled += 1 } else { tally.early += 1 }
              case .failure(let error): if tally.others.count < 5 { tally.others.append("\(error)") }
              }
            }
          }
        }
      }
    }
    return tally.value
  }

  @Test(.timeLimit(.minutes(10)), arguments: [false, true])
  func `no answer reaches another question`(_ onLoop: Bool) async throws {
    let seed = RandomRun.seed("cancellations, on the loop: \(onLoop)")
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    let count = RandomRun.count(10_000)
    // A server that answers at once leaves nothing to cancel: the client looks for cancellations every 2 to 16 ms.
    let stutter = Task {
      while !Task.isCancelled {
        server.pause()
        try? await Task.sleep(for: .milliseconds(20))
        server.resume()
        try? await Task.sleep(for: .milliseconds(2))
      }
    }
    defer { stutter.cancel() }
    // On the loop nothing is sent while tasks take turns, so a call is under way only after many of them.
    let run: @Sendable () async -> Tally = {
      await storm(count, seed: seed, turns: onLoop ? 50 : 6) { nonce in try await redis.send("ECHO", nonce).bytes }
    }
    let tally = onLoop ? try await redis.withLoop { await run() } : await run()
    stutter.cancel()
    await stutter.value
    print("cancelled under way: \(tally.cancelled), before: \(tally.early), answered: \(tally.answered)")
    Evidence.record(
      "cancellations", "cancellations", count: tally.cancelled, seed: seed, violations: tally.shifted,
      seen: ["answered": tally.answered, "cancelled before they were sent": tally.early])
    #expect(tally.cancelled >= count, "too few cancellations to prove anything")
    #expect(tally.answered > 0)
    #expect(tally.shifted == 0)
    #expect(tally.others.isEmpty)
    // No cancellation cost the connection, and nothing is left behind it.
    #expect(try await redis.send("INFO", "stats").string!.contains("total_connections_received:2\r\n"))
  }

  @Test func `the same storm finds the client that forgets cancelled calls`() async throws {
    let seed = RandomRun.seed("cancellations, naive client")
    let server = try await RedisServer.start()
    defer { server.close() }
    let naive = try NaivePipeline(server.socketPath)
    defer { naive.close() }
    let tally = await storm(10_000, seed: seed) { nonce in try await naive.echo(nonce) }
    Evidence.control("cancellations", ["shifted answers": tally.shifted])
    #expect(tally.shifted > 0)
  }

  @Test func `cancellations behind a full socket shift nothing, and what was taken back is never run`() async throws {
    let seed = RandomRun.seed("cancellations behind a full socket")
    let server = try await RedisServer.start()
    defer { server.close() }
    let redis = try RedisClient(server.url)
    _ = try await redis.send("PING")
    var chance = SeededGenerator(seed: seed)
    let padding = String(repeating: "x", count: 1000)
    for round in 0..<3 {
      // The socket takes some hundred of these, the transport some more, the rest waits with us.
      server.pause()
      let calls = (0..<1500).map { n in
        Task { try await redis.deadline(.seconds(30)).send("SETRANGE", "\(round)/\(n)", n, padding) }
      }
      try await Task.sleep(for: .milliseconds(50))
      let cancelled = Set((0..<1500).filter { _ in Bool.random(using: &chance) })
      for n in cancelled { calls[n].cancel() }
      if round == 1 { try await Task.sleep(for: .milliseconds(20)) }
      server.resume()
      for (n, call) in calls.enumerated() {
        switch await call.result {
        case .success(let value): #expect(value == .integer(Int64(n + 1000)))
        case .failure(let error as RedisError):
          #expect(error.code == .cancelled && cancelled.contains(n), "\(error)")
          if error.execution == .notExecuted {
            let exists = try await redis.send("EXISTS", "\(round)/\(n)")
            #expect(exists == .integer(0))
          }
        case .failure(let error): Issue.record(error)
        }
      }
    }
    #expect(try await redis.send("ECHO", "after") == .bulk(Array("after".utf8)))
  }
}
