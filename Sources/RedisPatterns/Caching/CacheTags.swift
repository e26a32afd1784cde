import RESP

/// The tags of one cache. Each lies in a slot of its own, so no call touches two.
struct CacheTags: Sendable {
  /// The epochs of tags as they are now; nil where a tag has none.
  typealias Now = [String: CacheEpochs?]

  /// What an entry is worth by its tags.
  enum Worth {
    case good
    /// To be served while somebody loads.
    case stale
    case none
  }

  let redis: any RedisExecutor
  let namespace: String?

  /// What `open` would refuse, before anything is sent.
  func check(_ names: [String]) throws(RedisError) {
    guard !names.isEmpty else { return }
    let count = Set(names).count
    guard count <= CacheTag.most else { throw .argument("\(count) tags are more than \(CacheTag.most)") }
    _ = try reading(names)
  }

  func reading(_ names: [String]) throws(RedisError) -> [RESPCommand] {
    var commands: [RESPCommand] = []
    for name in names { commands.append(try CacheTagCalls(name, namespace: namespace).read) }
    return commands
  }

  /// `known`, and the epochs of all other tags that the entries carry: one round trip if there are such.
  func complete(_ entries: [CacheEntry], _ known: Now) async throws(RedisError) -> Now {
    let names = Set(entries.flatMap { $0.tags.map(\.name) }).filter { known[$0] == nil }
    guard !names.isEmpty else { return known }
    var known = known
    let replies = await redis.pipeline(try reading(Array(names)))
    for (name, reply) in zip(names, replies) { known[name] = .some(Self.epochs(try reply.get())) }
    return known
  }

  static func epochs(_ reply: RESPValue) -> CacheEpochs? { reply.bytes.flatMap(CacheEpochs.init(stored:)) }

  static func worth(_ entry: CacheEntry, _ now: Now) -> Worth {
    var worth = Worth.good
    for tag in entry.tags {
      guard let current = now[tag.name] ?? nil, current.hard == tag.epochs.hard else { return .none }
      if current.soft != tag.epochs.soft { worth = .stale }
    }
    return worth
  }

  func worth(_ entry: CacheEntry) async throws(RedisError) -> Worth {
    Self.worth(entry, try await complete([entry], [:]))
  }

  /// The tags with their epochs as of now, for an entry that will live for `life` at most.
  func open(_ names: [String], life: Duration) async throws(RedisError) -> [CacheTag] {
    guard !names.isEmpty else { return [] }
    try check(names)
    let names = Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let ttl = min(life * 2, .microseconds(NumberRule.longest))
    var calls: [ScriptCall] = []
    for name in names {
      let tag = try CacheTagCalls(name, namespace: namespace)
      calls.append(try tag.open(hard: randomID(), soft: randomID(), ttl: ttl))
    }
    var tags: [CacheTag] = []
    for (at, result) in await redis.pipeline(calls.map(\.evalsha)).enumerated() {
      let reply: RESPValue
      do throws(RedisError) {
        reply = try result.get()
      } catch {
        guard error.code == .noScript else { throw error }
        reply = try await redis.run(calls[at])
      }
      tags.append(CacheTag(name: names[at], epochs: try CacheTagCalls.opened(reply)))
    }
    return tags
  }
}
