import RESP
import RedisPatterns

/// The doctor's operations: no script runs, so they stand beside the calls.
public enum DoctorOperations {
  /// `doctor.examine`: what the doctor finds, without the numbers that change from one look to the next.
  static func examine(_ given: JSONValue, on redis: some RedisExecutor) async throws(RedisError) -> JSONValue {
    var options = DoctorOptions()
    options.items = given.texts("items")
    options.subscribers = given.texts("subscribers")
    let report = JSONValue(try await Doctor(on: redis, options: options).examine().json).withoutMoving
    return [
      "status": "examined", "verdict": report["verdict"] ?? .null,
      "items": .array(
        (report["items"]?.array ?? []).map { $0.keeping(["id", "status", "evidence"], ["id", "evidence"]) }),
    ]
  }

  /// What the facts of a `judgements` vector are judged to be, whole.
  public static func judged(_ given: JSONValue) -> JSONValue {
    let report = JSONValue(
      DoctorJudge.report(
        facts(given["facts"] ?? [:]), only: given.texts("items"), expected: given.texts("subscribers")
      ).json)
    return [
      "verdict": report["verdict"] ?? .null, "templates": report["templates"] ?? .null,
      "items": .array(
        (report["items"]?.array ?? []).map { $0.keeping(["id", "status", "evidence"], ["id", "says", "evidence"]) }),
    ]
  }

  /// Facts as a vector writes them.
  private static func facts(_ given: JSONValue) -> DoctorFacts {
    var facts = DoctorFacts()
    facts.info = given["info"]?.object?.compactMapValues(\.string)
    facts.commands = given["commands"]?.object?.compactMapValues(\.int)
    facts.config = given["config"]?.object?.compactMapValues(\.string) ?? [:]
    facts.slow = given["slow"]?.array?.map {
      DoctorFacts.Slow(verb: $0.array?[0].string ?? "", us: $0.array?[1].int ?? 0)
    }
    facts.subscribers = given["subscribers"]?.array?.map {
      DoctorFacts.Subscriber(name: $0.array?[0].string ?? "", waitingBytes: $0.array?[1].int ?? 0)
    }
    facts.database = given["database"]?.int
    facts.keysTotal = given["keys_total"]?.int
    facts.scriptsKnown = given["scripts_known"]?.int
    facts.scriptsTotal = given["scripts_total"]?.int ?? 0
    facts.keys = given["keys"]?.array?.map(key) ?? []
    facts.complete = given["complete"]?.bool ?? false
    facts.streamsLeft = given["streams_left"]?.int ?? 0
    facts.refused = given["refused"]?.object?.compactMapValues(\.string) ?? [:]
    return facts
  }

  private static func key(_ given: JSONValue) -> DoctorFacts.Key {
    var key = DoctorFacts.Key(
      name: given["name"]?.bytes ?? [], type: given["type"]?.string ?? "", ttlMs: given["ttl_ms"]?.int ?? 0)
    key.endsMs = given["ends_ms"]?.int
    key.memory = given["memory"]?.int
    key.size = given["size"]?.int
    key.encoding = given["encoding"]?.string
    key.fenced = given["fenced"]?.bool
    if let given = given["stream"] {
      var stream = DoctorFacts.Stream(length: given["length"]?.int ?? 0)
      stream.left = given["left"]?.int ?? 0
      stream.groups = (given["groups"]?.array ?? []).map { given in
        var group = DoctorFacts.Group(pending: given["pending"]?.int ?? 0)
        group.oldestIdleMs = given["oldest_idle_ms"]?.int ?? 0
        group.mostDeliveries = given["most_deliveries"]?.int ?? 0
        return group
      }
      key.stream = stream
    }
    return key
  }
}

extension JSONValue {
  /// The same report without the numbers that change from one look to the next, and the sentences that name them.
  public var withoutMoving: JSONValue {
    switch self {
    case .array(let items): .array(items.map(\.withoutMoving))
    case .object(let members):
      .object(members.filter { !DoctorJudge.moving.contains($0.key) && $0.key != "says" }.mapValues(\.withoutMoving))
    default: self
    }
  }

  fileprivate func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }

  /// An item of a report with these members only, and its findings with those.
  fileprivate func keeping(_ members: Set<String>, _ ofFindings: Set<String>) -> JSONValue {
    var kept = (object ?? [:]).filter { members.contains($0.key) }
    let findings = self["findings"]?.array ?? []
    kept["findings"] = .array(findings.map { .object(($0.object ?? [:]).filter { ofFindings.contains($0.key) }) })
    return .object(kept)
  }
}
