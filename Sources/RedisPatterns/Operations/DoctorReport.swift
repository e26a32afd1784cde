/// What the doctor found: the checklist's items, each with its status, evidence and findings.
///
/// Python's `redis_patterns.operations.Report` says the same, and gives the same JSON.
public struct DoctorReport: Sendable, Hashable {
  /// From good to bad: a report is as bad as its worst item, an item as its worst finding.
  public enum Status: String, Sendable, CaseIterable, Comparable {
    /// There is nothing on the server to judge.
    case none
    /// What was looked at is as the checklist asks.
    case ok
    /// It could not be known; never taken for `ok`.
    case unknown
    /// It costs something, or will one day.
    case warning
    /// It fails, loses data or gives something away.
    case critical

    /// Whether one is better than the other.
    public static func < (one: Status, other: Status) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// One piece of evidence.
  public enum Evidence: Sendable, Hashable {
    /// A count, or a quantity in the unit that its name ends with.
    case number(Int64)
    /// A template, a policy, a list of names.
    case text(String)
    /// Whether it is so.
    case flag(Bool)
  }

  /// One thing that is wrong, or that could not be known.
  public struct Finding: Sendable, Hashable {
    /// Stable across releases: `locks.no_token`.
    public let id: String
    /// `critical`, `warning` or `unknown`.
    public let severity: Status
    /// What was found, with its numbers.
    public let says: String
    /// The numbers by their names.
    public let evidence: [String: Evidence]
    /// Why it matters.
    public let reason: String
    /// What mends it.
    public let fix: String
    /// What the fix costs.
    public let cost: String
  }

  /// One item of the checklist.
  public struct Item: Sendable, Hashable {
    /// Its place in the checklist, from 1.
    public let number: Int
    /// Stable across releases: `locks`.
    public let id: String
    /// What the checklist asks for.
    public let title: String
    /// The worst of its findings; without one `ok`, or `none` where there is nothing to judge.
    public let status: Status
    /// What was measured for it, also where nothing is wrong.
    public let evidence: [String: Evidence]
    /// The worst first.
    public let findings: [Finding]
    /// How many commands were sent whose replies this item rests on; some serve several items.
    public let commands: Int
  }

  /// Keys of one form among those that were looked at.
  public struct Template: Sendable, Hashable {
    /// `lock:{<name>}`, or for keys of other programs their names with `<id>` for what varies.
    public let template: String
    /// How many of those that were looked at.
    public let keys: Int
    /// `coordination`: an eviction breaks a promise. `cache`: an eviction costs a load. `other`: nobody knows.
    public let role: String
    /// Whether a contract of this library describes them.
    public let library: Bool
    /// Their types, sorted.
    public let types: [String]
    /// How many of them have no end.
    public let withoutTTL: Int
    /// How many of them MEMORY USAGE was asked for.
    public let memoryKeys: Int
    /// What those take, in bytes (5 samples each).
    public let memoryBytes: Int64
    /// Their share of what was looked at, in thousandths.
    public let sharePermille: Int
    /// Half of the 95 % interval of the share; 0 when every key was looked at.
    public let halfWidthPermille: Int
  }

  /// Which server was asked.
  public struct Server: Sendable, Hashable {
    /// As INFO says it: `7.0.15`.
    public let version: String
    /// `master` or `slave`, as INFO says it.
    public let role: String
    /// `standalone`, `cluster` or `sentinel`.
    public let mode: String
  }

  /// How much was looked at.
  public struct Sample: Sendable, Hashable {
    /// Nil where the server does not tell.
    public let database: Int64?
    /// Keys of the database.
    public let keys: Int64
    /// Keys that were looked at.
    public let sampled: Int
    /// Whether every key was looked at.
    public let complete: Bool
  }

  /// What the examination has cost.
  public struct Cost: Sendable, Hashable {
    /// Commands sent.
    public let commands: Int
    /// How often the server was waited for.
    public let roundTrips: Int
    /// From the first question to the last answer.
    public let elapsedMilliseconds: Int64
  }

  /// Which server was asked.
  public let server: Server
  /// How much was looked at.
  public let sample: Sample
  /// The most frequent first, 20 at most.
  public let templates: [Template]
  /// The checklist's items that were judged, in its order.
  public let items: [Item]
  /// What the examination has cost.
  public let cost: Cost

  /// The worst status of an item.
  public var verdict: Status { items.map(\.status).max() ?? .none }

  /// How many items have a status.
  public func count(_ status: Status) -> Int { items.count { $0.status == status } }

  /// How a command ends: 2 critical, 1 warning or, when asked for, unknown; 0 when all is better than `failOn`.
  ///
  /// - Parameter failOn: `critical`, `warning` or `unknown`; nil never fails.
  public func exitCode(failOn: Status? = .warning) -> Int32 {
    guard let failOn, verdict >= failOn else { return 0 }
    return verdict == .critical ? 2 : 1
  }
}
