import RESP
import RedisPatterns

enum CacheOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    if verb.hasPrefix("tag_") { return try tagCall(verb, given, nowUs) }
    let calls = try CacheCalls(given.text("key"), namespace: given.namespace)
    switch verb {
    case "acquire":
      return try calls.acquire(
        token: given.text("token"), lease: given.microseconds("ttl_us"),
        early: given.microseconds("early_us", default: 0),
        deadUs: UInt64(clamping: given.integer("dead_us", default: 0)), nowUs: nowUs)
    case "fill":
      return try calls.fill(
        token: given.text("token"), value: try entry(given), ttl: given.microseconds("ttl_us"),
        grace: given.microseconds("grace_us", default: 0), load: given.microseconds("load_us", default: 0),
        nowUs: nowUs)
    case "renew":
      return try calls.renew(token: given.text("token"), lease: given.microseconds("ttl_us"), nowUs: nowUs)
    case "release":
      return try calls.release(
        token: given.text("token"), backoff: given.microseconds("backoff_us", default: 0), nowUs: nowUs)
    case "delete":
      return try calls.delete(
        holdoff: given.microseconds("holdoff_us", default: 0), version: try version(given),
        keep: given.microseconds("keep_us", default: 60_000_000), nowUs: nowUs)
    case "put":
      return try calls.put(
        value: try entry(given), ttl: given.microseconds("ttl_us"),
        grace: given.microseconds("grace_us", default: 0), load: given.microseconds("load_us", default: 0),
        nowUs: nowUs)
    case "mark_stale":
      return try calls.markStale(holdoff: given.microseconds("holdoff_us", default: 0), nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "acquire": try CacheCalls.acquired(reply).json
    case "fill": ["status": .string(try CacheCalls.filled(reply).rawValue)]
    case "renew": ["status": .string(try CacheCalls.renewed(reply).rawValue)]
    case "release": ["status": .string(try CacheCalls.released(reply).rawValue)]
    case "delete": try CacheCalls.deleted(reply).json
    case "put": ["status": .string(try CacheCalls.stored(reply).rawValue)]
    case "mark_stale": ["status": "marked", "entries": .int(try CacheCalls.marked(reply))]
    case "tag_open": try CacheTagCalls.opened(reply).json
    case "tag_delete": ["status": "deleted", "tags": .int(try CacheTagCalls.deleted(reply))]
    case "tag_mark_stale": ["status": "marked", "tags": .int(try CacheTagCalls.marked(reply))]
    default: nil
    }
  }

  private static func tagCall(_ verb: String, _ given: Given, _ nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let tag = try CacheTagCalls(given.text("tag"), namespace: given.namespace)
    switch verb {
    case "tag_open":
      return try tag.open(
        hard: given.text("hard"), soft: given.text("soft"), ttl: given.microseconds("ttl_us"), nowUs: nowUs)
    case "tag_delete": return tag.delete(nowUs: nowUs)
    case "tag_mark_stale": return try tag.markStale(soft: given.text("soft"), nowUs: nowUs)
    default: return nil
    }
  }

  private static func entry(_ given: Given) throws(RedisError) -> CacheEntry {
    var entry = CacheEntry()
    entry.payload = try given.bytes("payload")
    entry.isNegative = try given.flag("negative")
    guard let codec = UInt8(exactly: try given.integer("codec", default: 0)) else {
      throw RedisError(.argument, "codec out of range", execution: .notExecuted)
    }
    entry.codec = codec
    entry.version = try version(given) ?? 0
    for tag in try given.optionalItems("tags") {
      guard let epochs = CacheEpochs(hard: try tag.text("hard"), soft: try tag.text("soft")) else {
        throw RedisError(.argument, "no epochs", execution: .notExecuted)
      }
      entry.tags.append(CacheTag(name: try tag.text("tag"), epochs: epochs))
    }
    return entry
  }

  private static func version(_ given: Given) throws(RedisError) -> UInt64? {
    guard let digits = try given.optionalText("version") else { return nil }
    guard let version = UInt64(digits) else {
      throw RedisError(.argument, "version out of range", execution: .notExecuted)
    }
    return version
  }
}

extension CacheCalls.Acquired {
  fileprivate var json: JSONValue {
    switch self {
    case .hit(let entry): ["status": "hit", "entry": entry.json]
    case .win(let stale): Self.json("win", stale)
    case .busy(let retryAfter, let stale): Self.json("busy", stale, retryAfter)
    case .failed(let retryAfter, let stale): Self.json("failed", stale, retryAfter)
    case .holdoff(let stale): Self.json("holdoff", stale)
    }
  }

  private static func json(_ status: String, _ stale: CacheEntry?, _ retryAfter: Duration? = nil) -> JSONValue {
    var members: [String: JSONValue] = ["status": .string(status)]
    members["entry"] = stale?.json
    members["retry_after_us"] = retryAfter?.us
    return .object(members)
  }
}

extension CacheCalls.Deleted {
  fileprivate var json: JSONValue {
    switch self {
    case .deleted(let entries): ["status": "deleted", "entries": .int(entries)]
    case .older: ["status": "older"]
    }
  }
}

extension CacheEntry {
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "negative": .bool(isNegative), "stale_mark": .bool(isMarkedStale), "codec": .int(Int64(codec)),
      "version": .string(String(version)), "grace_us": .int(Int64(graceMs) * 1000),
      "load_us": .int(Int64(loadMs) * 1000), "fresh_until_us": .int(Int64(clamping: freshUntilUs)),
      "payload": JSONValue(bytes: payload),
    ]
    if !tags.isEmpty {
      members["tags"] = .array(
        tags.map { tag in
          ["tag": .string(tag.name), "hard": hex(tag.epochs.hard), "soft": hex(tag.epochs.soft)]
        })
    }
    return .object(members)
  }
}

extension CacheEpochs {
  fileprivate var json: JSONValue { ["status": "epochs", "hard": hex(hard), "soft": hex(soft)] }
}

private func hex(_ bytes: [UInt8]) -> JSONValue {
  .string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
}
