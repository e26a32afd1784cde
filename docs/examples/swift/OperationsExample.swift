import RESP
import RedisPatterns

/// The doctor in Swift: the same keys, commands and lines as `operations.py`.
public enum OperationsExample {
  public static func run(
    on redis: some RedisExecutor, namespace: String, say: @escaping @Sendable (String) -> Void
  ) async throws {
    // A lock as it stands in many programs: no token, no fence.
    let naive = "\(namespace):lock:orders"
    _ = try await redis.execute(RESPCommand("SET", naive, "1", "NX", "EX", 60))

    // --8<-- [start:examine]
    var options = DoctorOptions()
    options.items = ["locks"]
    let doctor = try Doctor(on: redis, options: options)
    let report = try await doctor.examine()
    for finding in report.items[0].findings where finding.id == "locks.no_token" {
      say("\(finding.severity.rawValue): \(finding.id)")
      say("why: \(finding.reason)")
      say("fix: \(finding.fix)")
    }
    say("exit code: \(report.exitCode())")
    // --8<-- [end:examine]

    // --8<-- [start:mend]
    _ = try await redis.execute(RESPCommand("DEL", naive))
    try await Lock("orders", on: redis, ttl: .seconds(30), namespace: namespace).withLock { _ in
      let after = try await doctor.examine()
      say("the finding is gone: \(tokenless(after) < tokenless(report) ? "yes" : "no")")
    }
    // --8<-- [end:mend]
  }

  /// How many locks hold no token, by the report.
  private static func tokenless(_ report: DoctorReport) -> Int64 {
    let finding = report.items[0].findings.first { $0.id == "locks.no_token" }
    guard case .number(let keys)? = finding?.evidence["keys"] else { return 0 }
    return keys
  }
}
