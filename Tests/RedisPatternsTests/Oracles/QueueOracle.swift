import RedisPatterns

/// The reliable queue as lists and dictionaries: what the scripts must answer, written without looking at them. Answers
/// are lines of text, as `QueueWorld` writes the replies.
struct QueueOracle {
  private struct Job {
    let payload: String
    var attempts = 0
    /// Who was given it last, unless that one ended it.
    var holder: String?
  }

  private struct Dead {
    let id: String
    let attempts: Int
    let payload: String
  }

  let options: QueueOptions
  private let leaseUs: Int64
  private var jobs: [String: Job] = [:]
  private var waiting: [String] = []
  private var leases: [String: Int64] = [:]
  private var later: [String: Int64] = [:]
  /// The newest first.
  private var dead: [Dead] = []
  /// Which job a token was given last.
  private var latest: [String: String] = [:]

  init(_ options: QueueOptions) {
    self.options = options
    leaseUs = Int64(options.lease.wholeMicroseconds ?? 0)
  }

  mutating func push(_ id: String, _ payload: String, delayUs: Int64, nowUs: Int64) -> String {
    if jobs[id] != nil { return "exists \(jobs.count)" }
    if jobs.count >= options.most { return "full \(jobs.count)" }
    jobs[id] = Job(payload: payload)
    if delayUs > 0 { later[id] = nowUs + delayUs } else { waiting.append(id) }
    return "pushed \(jobs.count)"
  }

  mutating func pop(_ token: String, nowUs: Int64) -> String {
    var mine = latest[token].flatMap { jobs[$0]?.holder == token ? $0 : nil }
    if let id = mine {
      if let untilUs = leases[id], untilUs > nowUs { return handed(id) }
      if jobs[id]?.attempts ?? 0 >= options.tries { mine = nil } else { takeBack(id) }
    }
    let ended = inOrder(leases, until: nowUs)
    for id in ended { leases[id] = nil }
    let spent = ended.filter { jobs[$0]?.attempts ?? 0 >= options.tries }
    waiting = ended.filter { !spent.contains($0) } + waiting
    // Of several at once, the one whose lease ended first is the newest of the dead.
    for id in spent.reversed() { bury(id) }
    let due = inOrder(later, until: nowUs)
    for id in due { later[id] = nil }
    waiting += due

    guard let id = mine ?? (waiting.isEmpty ? nil : waiting.removeFirst()) else {
      let next = (Array(leases.values) + later.values).min()
      return "empty \(next.map { max($0 - nowUs, 1) } ?? 0)"
    }
    forget(id)
    jobs[id]?.attempts += 1
    jobs[id]?.holder = token
    latest[token] = id
    leases[id] = nowUs + leaseUs
    return handed(id)
  }

  mutating func settle(_ id: String, _ token: String, _ verb: JobVerb, delayUs: Int64, nowUs: Int64) -> String {
    guard let job = jobs[id], job.holder == token else { return "lost" }
    takeBack(id)
    if verb == .retry, job.attempts < options.tries {
      forget(id)
      jobs[id]?.holder = nil
      if delayUs > 0 { later[id] = nowUs + delayUs } else { waiting.append(id) }
      return "retried"
    }
    if verb != .ack {
      bury(id)
      return "buried"
    }
    forget(id)
    jobs[id] = nil
    return "acked"
  }

  mutating func extend(_ id: String, _ token: String, nowUs: Int64) -> String {
    guard jobs[id]?.holder == token else { return "lost" }
    let untilUs = max(leases[id] ?? 0, nowUs + leaseUs)
    takeBack(id)
    leases[id] = untilUs
    return "extended"
  }

  mutating func revive(_ count: Int) -> String {
    var revived = 0
    for at in dead.indices.reversed() where revived < count && jobs[dead[at].id] == nil {
      jobs[dead[at].id] = Job(payload: dead[at].payload)
      waiting.append(dead[at].id)
      dead.remove(at: at)
      revived += 1
    }
    return "revived \(revived)"
  }

  func look(nowUs: Int64) -> String {
    let ended = leases.values.count { $0 <= nowUs }
    let due = later.values.count { $0 <= nowUs }
    return QueueWorld.state(
      ready: waiting.count + ended + due, out: leases.count - ended, later: later.count - due, dead: dead.count,
      dead.map { ($0.id, $0.attempts, $0.payload) })
  }

  private func handed(_ id: String) -> String { "job \(id) \(jobs[id]?.payload ?? "") \(jobs[id]?.attempts ?? 0)" }

  /// Out of whatever it is in: a lease, or the queue that it was put back into.
  private mutating func takeBack(_ id: String) {
    leases[id] = nil
    waiting.removeAll { $0 == id }
  }

  private mutating func forget(_ id: String) {
    if let holder = jobs[id]?.holder, latest[holder] == id { latest[holder] = nil }
  }

  private mutating func bury(_ id: String) {
    forget(id)
    guard let job = jobs.removeValue(forKey: id) else { return }
    dead.insert(Dead(id: id, attempts: job.attempts, payload: job.payload), at: 0)
    dead = Array(dead.prefix(options.graves))
  }

  private func inOrder(_ moments: [String: Int64], until nowUs: Int64) -> [String] {
    moments.filter { $0.value <= nowUs }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
  }
}
