import RESP
import RedisPatterns

/// One operation of a vector: what is given → the call on the wire, and its reply → the outcome, both as data.
///
/// The names and shapes stand in `Tests/Conformance/<pattern>/README.md`; Python reads the same.
public struct PatternOperation: Sendable {
  public let name: String
  public let given: JSONValue

  /// By the first word of the operation's name.
  private static let families: [String: any OperationFamily.Type] = [
    "board": BoardOperations.self,
    "bucket": BucketOperations.self,
    "cache": CacheOperations.self,
    "counter": CounterOperations.self,
    "flag": FlagOperations.self,
    "fenced": FencedOperations.self,
    "channel": ChannelOperations.self,
    "eventlog": EventLogOperations.self,
    "object": ObjectOperations.self,
    "queue": QueueOperations.self,
    "recent": RecentOperations.self,
    "series": SeriesOperations.self,
    "tag": TagOperations.self,
    "unique": UniqueOperations.self,
    "lock": LockOperations.self,
    "redlock": RedlockOperations.self,
    "log": BucketOperations.self,
    "window": BucketOperations.self,
    "semaphore": SemaphoreOperations.self,
    "session": SessionOperations.self,
    "stream": StreamOperations.self,
  ]

  public init(_ name: String, given: JSONValue) {
    self.name = name
    self.given = given
  }

  /// Builds the call, or throws what a caller of the pattern would get before anything is sent.
  public func call(nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    let (family, verb) = try family()
    guard let call = try family.call(verb, Given(given), nowUs: nowUs) else { throw unknown }
    return call
  }

  /// Reads a reply into `{"status": …}` and its values.
  public func outcome(_ reply: RESPValue) throws(RedisError) -> JSONValue {
    let (family, verb) = try family()
    guard let outcome = try family.outcome(verb, Given(given), reply) else { throw unknown }
    return outcome
  }

  /// How a failure stands in a vector.
  public static func outcome(of error: RedisError) -> JSONValue { ["error": .string(error.code.rawValue)] }

  private func family() throws(RedisError) -> (any OperationFamily.Type, verb: String) {
    let words = name.split(separator: ".", maxSplits: 1)
    guard words.count == 2, let family = Self.families[String(words[0])] else { throw unknown }
    return (family, String(words[1]))
  }

  private var unknown: RedisError {
    RedisError(.argument, "no operation is called \(name)", execution: .notExecuted)
  }
}

/// The operations whose names begin with one word: `lock.acquire`, `lock.renew`, … An unknown verb is nil.
protocol OperationFamily: Sendable {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall?
  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue?
}

extension Given {
  var namespace: String? {
    get throws(RedisError) { try optionalText("namespace") }
  }
}

extension Duration {
  /// As vectors write it.
  var us: JSONValue { .int(wholeMicroseconds ?? -1) }
}
