import Synchronization
import Testing

@testable import RedisPatterns

@Suite struct RenewalsTests {
  /// Counts, and says what a renewal brings.
  private final class Calls: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
    func of(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }

    func reach(_ most: Int, _ name: String) async throws {
      let end = ContinuousClock.now + .seconds(20)
      while of(name) < most {
        try #require(.now < end, "\(name) came to \(of(name)) of \(most)")
        await Task.yield()
      }
    }
  }

  @Test func `a lease is renewed until it is ended`() async throws {
    let (renewals, calls) = (Renewals(every: .milliseconds(5)), Calls())
    let first = renewals.begin {
      calls.count("first")
      return true
    }
    try await calls.reach(3, "first")
    renewals.end(first)
    let before = calls.of("first")
    let second = renewals.begin {
      calls.count("second")
      return true
    }
    try await calls.reach(5, "second")
    renewals.end(second)
    // One may have been under way.
    #expect(calls.of("first") <= before + 1)
  }

  @Test func `a lease that is lost is not renewed again`() async throws {
    let (renewals, calls) = (Renewals(every: .milliseconds(5)), Calls())
    let lost = renewals.begin {
      calls.count("lost")
      return false
    }
    let kept = renewals.begin {
      calls.count("kept")
      return true
    }
    try await calls.reach(5, "kept")
    renewals.end(kept)
    renewals.end(lost)
    #expect(calls.of("lost") == 1)
  }

  @Test func `one renewal that hangs keeps no other waiting, and is cancelled at the end`() async throws {
    let (renewals, calls) = (Renewals(every: .milliseconds(5)), Calls())
    let hanging = renewals.begin {
      calls.count("hanging")
      do { try await Task.sleep(for: .seconds(3600)) } catch { calls.count("cancelled") }
      return true
    }
    let other = renewals.begin {
      calls.count("other")
      return true
    }
    try await calls.reach(5, "other")
    #expect(calls.of("hanging") == 1)
    renewals.end(hanging)
    try await calls.reach(1, "cancelled")
    renewals.end(other)
  }

  @Test func `the timer ends with the last lease, and begins with the next`() async throws {
    let (renewals, calls) = (Renewals(every: .milliseconds(5)), Calls())
    for _ in 0..<3 {
      let lease = renewals.begin {
        calls.count("lease")
        return true
      }
      try await calls.reach(calls.of("lease") + 1, "lease")
      renewals.end(lease)
      let end = ContinuousClock.now + .seconds(20)
      while renewals.hasTimer {
        try #require(.now < end)
        await Task.yield()
      }
    }
  }

  private enum Trace {
    @TaskLocal static var name = "none"
  }

  @Test func `a renewal has nothing of the caller who set the timer: no value of its task, no priority`() async throws {
    let (renewals, calls) = (Renewals(every: .milliseconds(5)), Calls())
    let first = await Trace.$name.withValue("first") {
      await Task(priority: .background) { renewals.begin { true } }.value
    }
    let second = renewals.begin {
      calls.count(Trace.name)
      calls.count(Task.currentPriority > .background ? "high" : "low")
      return true
    }
    try await calls.reach(1, "none")
    renewals.end(first)
    renewals.end(second)
    #expect(calls.of("first") == 0)
    #expect(calls.of("low") == 0)
  }
}
