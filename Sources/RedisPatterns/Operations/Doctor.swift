import RESP

/// Judges a live server by the checklist for production. It sends only commands that read, bounded in keys and time.
///
/// ```swift
/// let report = try await Doctor(on: redis).examine()
/// for item in report.items where item.status > .unknown { print(item.title, item.findings.map(\.says)) }
/// ```
public struct Doctor: Sendable {
  private let redis: any RedisExecutor
  private let options: DoctorOptions

  /// - Throws: `argument` for a bound that is out of range, or an item that the checklist has not.
  public init(on redis: some RedisExecutor, options: DoctorOptions = .init()) throws(RedisError) {
    self.redis = redis
    self.options = options
    _ = try NumberRule.count(Int64(options.maxKeys), "maxKeys", to: 10_000_000)
    _ = try NumberRule.time(options.maxTime, "maxTime", from: 1000)
    let known = Self.items
    for item in options.items where !known.contains(item) {
      throw .argument("no item is called \(item): there are \(known.joined(separator: ", "))")
    }
  }

  /// The ids of the checklist's items, in its order.
  public static var items: [String] { Checklist.shared.items.map(\.id) }

  /// Looks once, and judges.
  ///
  /// A single command that the server refuses is no error: what rests on it becomes `unknown`.
  /// - Throws: when the server cannot be reached, refuses the login, or answers nothing that it is asked.
  public func examine() async throws(RedisError) -> DoctorReport {
    let start = ContinuousClock.now
    var examination = DoctorExamination(on: redis, maxKeys: options.maxKeys, maxTime: options.maxTime)
    try await examination.run()
    let elapsed = (ContinuousClock.now - start).wholeMicroseconds ?? 0
    return DoctorJudge.report(
      examination.facts, only: options.items, expected: options.subscribers, sent: examination.sent,
      cost: .init(
        commands: examination.sent.values.reduce(0, +), roundTrips: examination.roundTrips,
        elapsedMilliseconds: elapsed / 1000))
  }
}

/// How much the doctor looks at, and what it judges.
public struct DoctorOptions: Sendable, Hashable {
  /// How many keys are looked at, at most.
  public var maxKeys: Int
  /// When no further page of keys is asked for.
  public var maxTime: Duration
  /// The ids of the items to judge, `Doctor.items`; empty means all.
  public var items: [String] = []
  /// Names of connections (CLIENT SETNAME) that must be subscribed now.
  public var subscribers: [String] = []

  /// 10,000 keys within 2 s.
  public init() {
    maxKeys = Checklist.shared.bound("keys")
    maxTime = .milliseconds(Checklist.shared.bound("time_ms"))
  }
}
