import Foundation
import PythonBridge

/// Measures the bridge's costs, each row once per round, so that a drift of the machine's speed meets all alike.
/// A row takes about two milliseconds: a busy machine then gives some rounds an undisturbed slice.
struct BridgeBenchmark {
  typealias Row = (what: String, measure: @Sendable () async throws -> Double)

  let scale: Double
  let only: String

  private static let ten: PythonValue = .dict(
    Dictionary(uniqueKeysWithValues: (0..<10).map { (.string("field\($0)"), .string("value \($0)")) }))

  func run(rounds: Int) async throws -> BridgeReport {
    try await PythonInterpreter.start()
    SwiftExports.export("bench.sync") { _ in .none }
    SwiftExports.exportAsync("bench.async") { _ in .none }
    defer {
      SwiftExports.remove("bench.sync")
      SwiftExports.remove("bench.async")
    }
    let rows = rows().enumerated().filter { $0.offset == 0 || only.isEmpty || $0.element.what.contains(only) }
      .map(\.element)
    var times = [[Double]](repeating: [], count: rows.count)
    for round in 0..<(rounds + 1) {
      for (index, row) in rows.enumerated() {
        let time = try await row.measure()
        if round > 0 { times[index].append(time) }  // the first round warms up
      }
    }
    let version = try await PythonInterpreter.call("platform", "python_version").string ?? ""
    return BridgeReport(
      python: version, rows: zip(rows, times).map { BridgeReport.Row(what: $0.what, nanoseconds: $1) })
  }

  private func rows() -> [Row] {
    [
      ("C calls a Python no-op, lock held", rawCall(10_000)),
      ("Swift calls a no-op, already on PythonActor", visit(5_000, "operator", "truth", [1])),
      ("… with a dict of 10 strings", visit(1_000, "operator", "truth", [Self.ten])),
      ("… with that dict there and back", visit(1_000, "copy", "copy", [Self.ten])),
      ("… that raises: type, message, traceback", raising(100)),
      ("`await` a no-op from another task, one at a time", sequential(100)),
      ("… 8 tasks at once", concurrent(8, 800)),
      ("… 64 tasks at once", concurrent(64, 3_200)),
      ("Python calls a Swift function", python("call('bench.sync')", 2_500)),
      ("Python calls an async Swift function and waits", python("call('bench.async')", 100)),
      ("Python awaits a Swift function, one at a time", awaited(1, 50)),
      ("… 100 gathered", awaited(100, 250)),
      ("a foreign thread enters and leaves Python, no thread of its own", foreign(1, 250)),
      ("… 4 such threads at once", foreign(4, 250)),
    ]
  }

  private func scaled(_ count: Int) -> Int { max(Int(Double(count) * scale), 10) }

  private func rawCall(_ count: Int) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      try await PythonInterpreter.perform { _ in try PythonBenchmark.rawCall("operator", "truth", count: count) }
    }
  }

  private func visit(
    _ count: Int, _ module: String, _ function: String, _ arguments: [PythonValue]
  ) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      try await PythonInterpreter.perform { python in
        try Self.time(count) { for _ in 0..<count { try python.call(module, function, arguments) } }
      }
    }
  }

  private func raising(_ count: Int) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      try await PythonInterpreter.perform { python in
        Self.time(count) { for _ in 0..<count { _ = try? python.call("operator", "truediv", [1, 0]) } }
      }
    }
  }

  private func sequential(_ count: Int) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      let start = ContinuousClock.now
      for _ in 0..<count { try await PythonInterpreter.call("operator", "truth", [1]) }
      return Self.nanoseconds(since: start) / Double(count)
    }
  }

  private func concurrent(_ tasks: Int, _ count: Int) -> @Sendable () async throws -> Double {
    let each = scaled(count) / tasks + 1
    return {
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<tasks {
          group.addTask {
            for _ in 0..<each { try await PythonInterpreter.call("operator", "truth", [1]) }
          }
        }
        try await group.waitForAll()
      }
      return Self.nanoseconds(since: start) / Double(each * tasks)
    }
  }

  private func python(_ statement: String, _ count: Int) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      let seconds = try await PythonInterpreter.call(
        "timeit", "timeit", [.string(statement), "from _redis_patterns_bridge import call"],
        keywords: ["number": .int(count)])
      return (seconds.double ?? 0) * 1e9 / Double(count)
    }
  }

  private func awaited(_ width: Int, _ count: Int) -> @Sendable () async throws -> Double {
    let rounds = scaled(count) / width + 1
    let setup = """
      import asyncio
      from _redis_patterns_bridge import acall
      async def main():
          for _ in range(\(rounds)):
              await asyncio.gather(*(acall('bench.async') for _ in range(\(width))))
      """
    return {
      let seconds = try await PythonInterpreter.call(
        "timeit", "timeit", ["asyncio.run(main())", .string(setup)], keywords: ["number": 1])
      return (seconds.double ?? 0) * 1e9 / Double(rounds * width)
    }
  }

  /// Threads that Python does not know; the mean of what each measured.
  private func foreign(_ threads: Int, _ count: Int) -> @Sendable () async throws -> Double {
    let count = scaled(count)
    return {
      let (times, time) = AsyncStream.makeStream(of: Double.self)
      for _ in 0..<threads {
        Thread.detachNewThread { time.yield(PythonBenchmark.enterAndLeave(count: count)) }
      }
      var sum = 0.0
      for await time in times.prefix(threads) { sum += time }
      return sum / Double(threads)
    }
  }

  private static func time(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return nanoseconds(since: start) / Double(count)
  }

  private static func nanoseconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .nanoseconds(1)
  }
}
