import RESP

/// What a reader finds under a key.
///
/// Apart from `Cache` because it does not depend on its `Value`: a hit is the hot path, and generic code asks the runtime
/// for its types at every call.
struct CacheLook {
  /// Nil when there is none that is fresh.
  var entry: CacheEntry?
  var freshMs: Int64 = 0
  /// By its tags.
  var isGood = false

  /// One round trip, and another when an entry carries a tag that is not among `tagNames`.
  static func at(_ keys: [CacheCalls], _ tagNames: [String], by tags: CacheTags) async throws -> [CacheLook] {
    guard !keys.isEmpty else { return [] }
    let commands = keys.flatMap(\.read) + (try tags.reading(tagNames))
    let replies = await tags.redis.pipeline(commands)
    var looks: [CacheLook] = []
    looks.reserveCapacity(keys.count)
    for at in keys.indices {
      let (life, stored) = (try replies[2 * at].get(), try replies[2 * at + 1].get())
      guard let life = life.int, let entry = stored.bytes.flatMap(CacheEntry.init), entry.isFresh(pttlMs: life) else {
        looks.append(CacheLook())
        continue
      }
      looks.append(CacheLook(entry: entry, freshMs: life - Int64(entry.graceMs)))
    }
    var known: CacheTags.Now = [:]
    for (name, reply) in zip(tagNames, replies[(2 * keys.count)...]) {
      known[name] = .some(CacheTags.epochs(try reply.get()))
    }
    let entries = looks.compactMap(\.entry)
    if entries.contains(where: { !$0.tags.isEmpty }) { known = try await tags.complete(entries, known) }
    for at in looks.indices { looks[at].isGood = looks[at].entry.map { CacheTags.worth($0, known) } == .good }
    return looks
  }
}
