import RESP

/// Events in order, for readers that keep their own place. Every reader sees every event.
///
/// ```swift
/// let audit = EventLog("audit", on: redis, keep: .seconds(7 * 86_400))
/// try await audit.append("order.created", "{\"id\":7}")
/// for event in try await audit.read(after: lastSeen) { handle(event) }
/// ```
///
/// For work that is to be shared out and acknowledged, use a consumer group.
public struct EventLog: Sendable {
  /// What the log is called; its key is `log:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let keep: Duration
  private let most: Int
  private let calls: Result<LogCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a log cannot fail.
  ///   - keep: 1 ms to 366 days; older events leave.
  ///   - most: events kept; the oldest leave.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, keep: Duration, most: Int = 100_000, namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.keep = keep
    self.most = most
    do throws(RedisError) {
      calls = .success(try LogCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Writes an event at the end. Repeating after a lost reply may write it twice.
  ///
  /// - Parameters:
  ///   - kind: 1 to 512 bytes of UTF-8.
  ///   - payload: at most a mebibyte.
  /// - Returns: its id, larger than every one before.
  @discardableResult
  public func append(_ kind: String, payload: [UInt8]) async throws(RedisError) -> String {
    let call = try calls.get().append(kind, payload: payload, keep: keep, most: Int64(most))
    return try LogCalls.appended(try await redis.run(call)).id
  }

  /// The same with text, as UTF-8.
  @discardableResult
  public func append(_ kind: String, _ text: String = "") async throws(RedisError) -> String {
    try await append(kind, payload: Array(text.utf8))
  }

  /// Up to `count` (1 to 1000) events after the one with this id, or from the oldest on. `XRANGE` is atomic: it needs no
  /// script.
  public func read(after id: String? = nil, count: Int = 100) async throws(RedisError) -> [LogEvent] {
    try LogCalls.events(try await redis.execute(try calls.get().read(after: id, count: Int64(count))))
  }
}

/// One event of a log.
public struct LogEvent: Sendable, Hashable {
  /// Hand the last one that you have seen to `read(after:)`.
  public let id: String
  /// As it was appended.
  public let kind: String
  /// As it was appended.
  public let payload: [UInt8]

  /// The payload, if it is UTF-8.
  public var text: String? { String(validating: payload, as: UTF8.self) }
}

/// The calls of one event log as values, and what their replies mean.
package struct LogCalls: Sendable {
  private let key: String

  /// - Throws: `RedisError` with code `argument` for a name that is empty or too long.
  package init(_ name: String, namespace: String? = nil) throws(RedisError) {
    key = try RedisKey(namespace: namespace, entity: "log", id: name).name
  }

  package func append(
    _ kind: String, payload: [UInt8], keep: Duration, most: Int64 = 100_000, nowUs: Int64 = 0
  ) throws(RedisError) -> ScriptCall {
    ScriptCall(
      .logAppend, keys: [key],
      arguments: [
        try NumberRule.identity(kind, "kind"), try NumberRule.payload(payload, "payload"),
        try NumberRule.time(keep, "keep", from: 1000), try NumberRule.count(most, "most"), nowUs,
      ])
  }

  func read(after id: String?, count: Int64) throws(RedisError) -> RESPCommand {
    if let id {
      let parts = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
      let isDigits = parts.allSatisfy { part in
        (1...16).contains(part.count) && part.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      }
      guard parts.count == 2, isDigits else { throw .argument("after is not the id of an event") }
    }
    let count = try NumberRule.count(count, "count", to: 1000)
    return RESPCommand("XRANGE", key, id.map { "(" + $0 } ?? "-", "+", "COUNT", count)
  }

  package static func appended(_ reply: RESPValue) throws(RedisError) -> (id: String, events: Int) {
    var reader = try ReplyReader(reply, of: "log_append")
    guard reader.status == "appended" else { throw reader.unknownStatus() }
    let id = try reader.text("id")
    let events = try reader.integer("events")
    try reader.end()
    return (id, Int(events))
  }

  static func events(_ reply: RESPValue) throws(RedisError) -> [LogEvent] {
    var events: [LogEvent] = []
    for entry in reply.array ?? [] {
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let words = parts[1].array,
        words.count == 4, words[0].string == "kind", let kind = words[1].string, words[2].string == "payload",
        let payload = words[3].bytes
      else { throw RedisError(.reply, "XRANGE gave an entry of no log", execution: .unknown, command: "XRANGE") }
      events.append(LogEvent(id: id, kind: kind, payload: payload))
    }
    return events
  }
}
