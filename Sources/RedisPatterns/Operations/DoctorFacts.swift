import RESP

/// What the doctor learned of a server, as plain values.
///
/// What the server refused is nil, and named in `refused` with its code.
package struct DoctorFacts: Sendable {
  /// A consumer group: entries that wait for their acknowledgment, and the worst of those that were looked at.
  package struct Group: Sendable {
    package var pending: Int64
    package var oldestIdleMs: Int64 = 0
    package var mostDeliveries: Int64 = 0

    package init(pending: Int64) { self.pending = pending }
  }

  package struct Stream: Sendable {
    package var length: Int64
    package var groups: [Group] = []
    /// How much of it was not looked at.
    package var left: Int64 = 0

    package init(length: Int64) { self.length = length }
  }

  /// A key that was looked at. What nobody asked for, or the server refused, is nil.
  package struct Key: Sendable {
    package var name: [UInt8]
    package var type: String
    /// -1 where it has no end.
    package var ttlMs: Int64
    package var endsMs: Int64?
    package var memory: Int64?
    package var size: Int64?
    package var encoding: String?
    package var fenced: Bool?
    package var stream: Stream?

    package init(name: [UInt8], type: String, ttlMs: Int64) {
      (self.name, self.type, self.ttlMs) = (name, type, ttlMs)
    }
  }

  package struct Slow: Sendable {
    package var verb: String
    package var us: Int64

    package init(verb: String, us: Int64) { (self.verb, self.us) = (verb, us) }
  }

  package struct Subscriber: Sendable {
    package var name: String
    package var waitingBytes: Int64

    package init(name: String, waitingBytes: Int64) { (self.name, self.waitingBytes) = (name, waitingBytes) }
  }

  package var info: [String: String]?
  /// Verb → calls since the statistics began.
  package var commands: [String: Int64]?
  package var config: [String: String] = [:]
  /// Verb and time of each entry of the slow log; arguments are never kept.
  package var slow: [Slow]?
  package var subscribers: [Subscriber]?
  package var database: Int64?
  package var keysTotal: Int64?
  package var scriptsKnown: Int64?
  package var scriptsTotal: Int64 = 0
  package var keys: [Key] = []
  /// Whether every key of the database was looked at.
  package var complete = false
  package var streamsLeft: Int64 = 0
  package var refused: [String: String] = [:]

  package init() {}
}

/// How replies are read into facts.
enum DoctorReading {
  /// `name:value` lines; the comments that head the sections fall away.
  static func info(_ reply: RESPValue) -> [String: String] {
    var found: [String: String] = [:]
    for line in lines(reply) where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      found[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return found
  }

  /// `cmdstat_get:calls=3,…` → `get: 3`
  static func calls(_ lines: [String: String]) -> [String: Int64] {
    var found: [String: Int64] = [:]
    for (name, value) in lines where name.hasPrefix("cmdstat_") {
      let calls = value.split(separator: ",").first { $0.hasPrefix("calls=") }?.dropFirst(6)
      found[String(name.dropFirst(8))] = calls.flatMap { Int64($0) } ?? 0
    }
    return found
  }

  static func clientFields(_ line: some StringProtocol) -> [String: String] {
    var found: [String: String] = [:]
    for word in line.split(separator: " ") {
      guard let equals = word.firstIndex(of: "=") else { continue }
      found[String(word[..<equals])] = String(word[word.index(after: equals)...])
    }
    return found
  }

  /// The verb and the time of an entry, and nothing of its arguments.
  static func slow(_ entry: RESPValue) -> DoctorFacts.Slow? {
    guard let fields = entry.array, fields.count >= 4, let us = fields[2].int else { return nil }
    let verb = fields[3].array?.first?.bytes ?? []
    let isVerb =
      (1...32).contains(verb.count) && KeyName.isLetter(verb[0])
      && verb.allSatisfy { KeyName.isLetter($0) || KeyName.isDigit($0) || "._-".utf8.contains($0) }
    return DoctorFacts.Slow(verb: isVerb ? String(decoding: verb, as: UTF8.self).uppercased() : "?", us: us)
  }

  /// A flat array of names and values.
  static func pairs(_ reply: RESPValue) -> [String: RESPValue] {
    let items = reply.array ?? []
    var found: [String: RESPValue] = [:]
    for at in stride(from: 0, to: items.count - 1, by: 2) { found[text(items[at])] = items[at + 1] }
    return found
  }

  static func lines(_ reply: RESPValue) -> [Substring] {
    text(reply).split(whereSeparator: \.isNewline)
  }

  static func text(_ reply: RESPValue) -> String {
    reply.bytes.map { String(decoding: $0, as: UTF8.self) } ?? reply.int.map(String.init) ?? ""
  }
}
