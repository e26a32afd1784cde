/// What a tour found, as data: `--json` prints it, the text is made from it.
public struct TourReport: Sendable, Codable {
  public enum Verdict: String, Sendable, Codable {
    case pass = "PASS"
    case fail = "FAIL"
  }

  /// Raised when a field changes its meaning or goes away.
  public var schema = 1
  public let verdict: Verdict
  public let server: Server
  public let python: Python
  /// The protocol number of the scripts and keys.
  public let protocolNumber: Int
  public let patterns: [PatternReport]
  public let seconds: Double

  public struct Server: Sendable, Codable {
    public let version: String
    /// Started by the tour and gone with it.
    public let isPrivate: Bool
    /// `host:port` or a socket path, without user and password.
    public let address: String

    enum CodingKeys: String, CodingKey {
      case version, address
      case isPrivate = "private"
    }
  }

  public struct Python: Sendable, Codable {
    public let version: String
    public let redisPy: String

    enum CodingKeys: String, CodingKey {
      case version
      case redisPy = "redis_py"
    }
  }

  enum CodingKeys: String, CodingKey {
    case schema, verdict, server, python, patterns, seconds
    case protocolNumber = "protocol"
  }

  /// All differences, over all patterns.
  public var differences: Int { patterns.reduce(0) { $0 + $1.differences.count } }
}

/// What was found for one pattern.
public struct PatternReport: Sendable, Codable {
  public let name: String
  /// One sentence, from the pattern's contract.
  public let summary: String
  public let verdict: TourReport.Verdict
  public let examples: [ExampleReport]
  public let casts: [CastReport]
  /// Steps whose outcome was compared, of one cast.
  public let outcomes: Int
  /// Keys whose type, value and deadline were compared, of one cast.
  public let keys: Int
  /// Commands that were compared, of one cast; null where a server may not be watched.
  public let commands: Int?
  /// Scenarios left out because they act on the server itself, which a shared one does not allow.
  public let skipped: Int
  public let differences: [Difference]
  /// What went over the wire, when asked for.
  public let wire: [WireReport]?
  public let seconds: Double
}

/// How many scenarios one cast played as the vectors say.
public struct CastReport: Sendable, Codable, Equatable {
  public let by: String
  public let passed: Int
  public let scenarios: Int
}

/// What happens, told by the pattern's example.
public struct ExampleReport: Sendable, Codable {
  /// The file's name without its ending, in `docs/examples`.
  public let name: String
  /// The golden transcript.
  public let transcript: [String]
  /// The languages whose run printed exactly that.
  public let equal: [String]
}

/// The commands of one scenario or example, as the server saw them.
public struct WireReport: Sendable, Codable {
  public let title: String
  public let commands: [String]
}
