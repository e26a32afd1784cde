import LuaScripts
import RESP

/// The questions, batch by batch, bounded in keys and time; each batch is one round trip.
struct DoctorExamination {
  private(set) var facts = DoctorFacts()
  /// How many commands each group of questions took.
  private(set) var sent: [String: Int] = [:]
  private(set) var roundTrips = 0
  private let redis: any RedisExecutor
  private let maxKeys: Int
  private let ends: ContinuousClock.Instant
  private let checklist = Checklist.shared
  private var answered = false
  /// The first.
  private var refusal: RedisError?

  init(on redis: any RedisExecutor, maxKeys: Int, maxTime: Duration) {
    self.redis = redis
    self.maxKeys = maxKeys
    ends = .now + maxTime
  }

  mutating func run() async throws(RedisError) {
    try await askServer()
    try await askKeys()
    try await askShapes()
    try await askStreams()
    // Who was refused everything has seen nothing: that is no report in which all is unknown.
    if !answered, let refusal { throw refusal }
  }

  private mutating func askServer() async throws(RedisError) {
    let scripts = LuaScript.all
    facts.scriptsTotal = Int64(scripts.count)
    let general = try await ask(
      "server",
      [
        DoctorQuestion("INFO"), DoctorQuestion("INFO", "commandstats"), DoctorQuestion("CLIENT INFO"),
        DoctorQuestion("DBSIZE"),
      ])
    facts.info = general[0].map(DoctorReading.info)
    facts.commands = general[1].map { DoctorReading.calls(DoctorReading.info($0)) }
    facts.database = general[2].map { reply in
      DoctorReading.clientFields(DoctorReading.text(reply))["db"].flatMap { Int64($0) } ?? 0
    }
    facts.keysTotal = general[3]?.int
    for reply in try await ask("config", checklist.config.map { DoctorQuestion("CONFIG GET", $0) }) {
      guard let reply else { continue }
      facts.config.merge(DoctorReading.pairs(reply).mapValues(DoctorReading.text)) { _, new in new }
    }
    let slow = try await ask("slowlog", [DoctorQuestion("SLOWLOG GET", checklist.bound("slow_entries"))])
    facts.slow = slow[0].map { ($0.array ?? []).compactMap(DoctorReading.slow) }
    let known = try await ask("scripts", [DoctorQuestion("SCRIPT EXISTS", scripts.map(\.sha1))])
    facts.scriptsKnown = known[0].map { ($0.array ?? []).compactMap(\.int).reduce(0, &+) }
    let connected = facts.info?["connected_clients"].flatMap { Int($0) } ?? 0
    guard connected <= checklist.bound("clients") else {
      facts.refused["CLIENT LIST"] = "too many clients"
      return
    }
    let clients = try await ask("clients", [DoctorQuestion("CLIENT LIST", "TYPE", "pubsub")])
    facts.subscribers = clients[0].map { reply in
      DoctorReading.lines(reply).map(DoctorReading.clientFields).filter { !$0.isEmpty }.map {
        DoctorFacts.Subscriber(name: $0["name"] ?? "", waitingBytes: $0["omem"].flatMap { Int64($0) } ?? 0)
      }
    }
  }

  private mutating func askKeys() async throws(RedisError) {
    let (page, batch) = (checklist.bound("page"), checklist.bound("batch"))
    var seen: Set<[UInt8]> = []
    var cursor = "0"
    repeat {
      guard let reply = try await ask("keys", [DoctorQuestion("SCAN", cursor, "COUNT", page)])[0]?.array,
        reply.count == 2
      else { return }
      cursor = DoctorReading.text(reply[0])
      let fresh = Set((reply[1].array ?? []).compactMap(\.bytes)).subtracting(seen)
        .sorted { $0.lexicographicallyPrecedes($1) }
      let names = Array(fresh.prefix(maxKeys - seen.count))
      seen.formUnion(names)
      for start in stride(from: 0, to: names.count, by: batch) {
        let shown = try await look(Array(names[start..<min(start + batch, names.count)]))
        if shown == 0, facts.refused["TYPE"] != nil || facts.refused["PTTL"] != nil { return }
      }
      facts.complete = cursor == "0" && names.count == fresh.count
    } while cursor != "0" && seen.count < maxKeys && .now < ends
  }

  /// Looks at keys of one page; how many the server showed.
  private mutating func look(_ names: [[UInt8]]) async throws(RedisError) -> Int {
    let measured = max(0, min(names.count, checklist.bound("memory_keys") - facts.keys.count))
    let samples = checklist.bound("memory_samples")
    var batch = [DoctorQuestion("TIME")]
    for name in names { batch += [DoctorQuestion("TYPE", name), DoctorQuestion("PTTL", name)] }
    batch += names.prefix(measured).map { DoctorQuestion("MEMORY USAGE", $0, "SAMPLES", samples) }
    let replies = try await ask("keys", batch)
    let now = replies[0]?.array?.compactMap(\.int) ?? []
    var shown = 0
    for (at, name) in names.enumerated() {
      guard let type = replies[1 + 2 * at].map(DoctorReading.text), let ttl = replies[2 + 2 * at]?.int else { continue }
      shown += 1
      guard type != "none", ttl != -2 else { continue }
      var key = DoctorFacts.Key(name: name, type: type, ttlMs: ttl)
      if ttl >= 0, now.count == 2 { key.endsMs = now[0] &* 1000 &+ now[1] / 1000 &+ ttl }
      if at < measured { key.memory = replies[1 + 2 * names.count + at]?.int }
      facts.keys.append(key)
    }
    return shown
  }

  private enum Shape { case size, encoding, fenced }

  /// Sizes of collections without an end, and what tells a lock and a limit from naive ones.
  private mutating func askShapes() async throws(RedisError) {
    var wanted: [(key: Int, shape: Shape, question: DoctorQuestion)] = []
    for (at, key) in facts.keys.enumerated() {
      guard wanted.count < checklist.bound("shaped_keys") else { break }
      wanted += Self.questions(key).map { (at, $0, $1) }
    }
    let step = checklist.bound("batch")
    for start in stride(from: 0, to: wanted.count, by: step) {
      let some = wanted[start..<min(start + step, wanted.count)]
      let replies = try await ask("keys", some.map(\.question))
      for (want, reply) in zip(some, replies) {
        guard let reply else { continue }
        switch want.shape {
        case .size: facts.keys[want.key].size = reply.int
        case .encoding: facts.keys[want.key].encoding = DoctorReading.text(reply)
        case .fenced: facts.keys[want.key].fenced = reply.int == 1
        }
      }
    }
  }

  private static func questions(_ key: DoctorFacts.Key) -> [(Shape, DoctorQuestion)] {
    let isFenced = (Shape.fenced, DoctorQuestion("HEXISTS", key.name, "fence"))
    if let contract = KeyContract.of(key.name, type: key.type) {
      return contract.pattern == "locks" && contract.name == "lock" ? [isFenced] : []
    }
    let kind = KeyName.kind(of: key.name)
    var found: [(Shape, DoctorQuestion)] = []
    if let verb = sizeVerb[key.type], key.type == "string" ? kind == "lock" : key.ttlMs == -1 {
      found.append((.size, DoctorQuestion(verb, key.name)))
    }
    if kind == "lock", key.type == "hash" { found.append(isFenced) }
    if kind == "limiter", key.type == "string" {
      found.append((.encoding, DoctorQuestion("OBJECT ENCODING", key.name)))
    }
    return found
  }

  private static let sizeVerb = ["string": "STRLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN"]

  private mutating func askStreams() async throws(RedisError) {
    let streams = facts.keys.indices.filter { facts.keys[$0].type == "stream" }
    facts.streamsLeft = Int64(max(0, streams.count - checklist.bound("streams")))
    for at in streams.prefix(checklist.bound("streams")) {
      let name = facts.keys[at].name
      let replies = try await ask("streams", [DoctorQuestion("XLEN", name), DoctorQuestion("XINFO GROUPS", name)])
      guard let length = replies[0]?.int, let groups = replies[1]?.array else { continue }
      var stream = DoctorFacts.Stream(length: length)
      let looked = groups.prefix(checklist.bound("groups")).map(DoctorReading.pairs)
      stream.left = Int64(groups.count - looked.count)
      let waiting = looked.filter { $0["pending"]?.int ?? 0 > 0 }
      let questions = waiting.map {
        DoctorQuestion("XPENDING", name, $0["name"]?.bytes ?? [], "-", "+", checklist.bound("pending"))
      }
      var answers = (questions.isEmpty ? [] : try await ask("streams", questions))[...]
      for fields in looked {
        var group = DoctorFacts.Group(pending: fields["pending"]?.int ?? 0)
        let pending = group.pending > 0 ? (answers.popFirst() ?? nil)?.array ?? [] : []
        stream.left &+= max(0, group.pending &- Int64(pending.count))
        group.oldestIdleMs = pending.compactMap { $0.array?[2].int }.max() ?? 0
        group.mostDeliveries = pending.compactMap { $0.array?[3].int }.max() ?? 0
        stream.groups.append(group)
      }
      facts.keys[at].stream = stream
    }
  }

  /// Sends a batch; a command that was refused is noted, and its reply is nil.
  /// - Throws: when the server cannot be asked at all: no connection, no login, or it is still loading.
  private mutating func ask(
    _ group: String, _ questions: [DoctorQuestion]
  ) async throws(RedisError) -> [RESPValue?] {
    let results = await redis.pipeline(questions.map(\.command))
    roundTrips += 1
    sent[group, default: 0] += questions.count
    var replies: [RESPValue?] = []
    for (question, result) in zip(questions, results) {
      switch result {
      case .success(let reply):
        answered = true
        replies.append(reply)
      case .failure(let error):
        guard error.serverCode != nil, ![.auth, .loading, .maxClients].contains(error.code) else { throw error }
        refusal = refusal ?? error
        if facts.refused[question.verb] == nil { facts.refused[question.verb] = error.code.rawValue }
        replies.append(nil)
      }
    }
    return replies
  }
}
