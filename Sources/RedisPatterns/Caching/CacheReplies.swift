import RESP

extension CacheCalls {
  /// An entry that comes with anything but `hit` is stale, or will be before the time asked for has passed.
  package enum Acquired: Sendable, Hashable {
    case hit(CacheEntry)
    /// The right to load is ours.
    case win(stale: CacheEntry?)
    /// Somebody loads, until `retryAfter` at the latest unless it renews.
    case busy(retryAfter: Duration, stale: CacheEntry?)
    /// A load failed a moment ago.
    case failed(retryAfter: Duration, stale: CacheEntry?)
    /// Load, but the result is not kept.
    case holdoff(stale: CacheEntry?)

    var stale: CacheEntry? {
      switch self {
      case .hit: nil
      case .win(let stale), .busy(_, let stale), .failed(_, let stale), .holdoff(let stale): stale
      }
    }
  }

  package enum Filled: String, Sendable {
    case stored, lost, older
  }

  package enum Put: String, Sendable {
    case stored, older
  }

  package enum Deleted: Sendable, Hashable {
    /// How many entries were there: 0 or 1.
    case deleted(Int64)
    /// The entry is newer than the version that was to be forgotten, and stays.
    case older
  }

  package enum Renewed: String, Sendable {
    case renewed, lost
  }

  package enum Released: String, Sendable {
    case released, lost
  }

  package static func acquired(_ reply: RESPValue) throws(RedisError) -> Acquired {
    var reader = try ReplyReader(reply, of: "cache_acquire")
    let result: Acquired
    switch reader.status {
    case "hit":
      guard let entry = CacheEntry(try reader.bytes("entry")) else { throw reader.broken("entry") }
      result = .hit(entry)
    case "win": result = .win(stale: try reader.stale())
    case "busy":
      let retryAfter = try reader.duration("retry_after_us")
      result = .busy(retryAfter: retryAfter, stale: try reader.stale())
    case "failed":
      let retryAfter = try reader.duration("retry_after_us")
      result = .failed(retryAfter: retryAfter, stale: try reader.stale())
    case "holdoff": result = .holdoff(stale: try reader.stale())
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func filled(_ reply: RESPValue) throws(RedisError) -> Filled {
    try word(reply, of: "cache_fill")
  }

  package static func renewed(_ reply: RESPValue) throws(RedisError) -> Renewed {
    try word(reply, of: "cache_renew")
  }

  package static func released(_ reply: RESPValue) throws(RedisError) -> Released {
    try word(reply, of: "cache_release")
  }

  package static func stored(_ reply: RESPValue) throws(RedisError) -> Put {
    try word(reply, of: "cache_put")
  }

  package static func deleted(_ reply: RESPValue) throws(RedisError) -> Deleted {
    var reader = try ReplyReader(reply, of: "cache_delete")
    let result: Deleted
    switch reader.status {
    case "deleted": result = .deleted(try reader.integer("entries"))
    case "older": result = .older
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  /// How many entries were fresh until then: 0 or 1.
  package static func marked(_ reply: RESPValue) throws(RedisError) -> Int64 {
    var reader = try ReplyReader(reply, of: "cache_mark_stale")
    guard reader.status == "marked" else { throw reader.unknownStatus() }
    let entries = try reader.integer("entries")
    try reader.end()
    return entries
  }

  private static func word<Word: RawRepresentable<String>>(
    _ reply: RESPValue, of script: String
  ) throws(RedisError) -> Word {
    let reader = try ReplyReader(reply, of: script)
    guard let word = Word(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return word
  }
}

extension ReplyReader {
  fileprivate mutating func stale() throws(RedisError) -> CacheEntry? {
    isAtEnd ? nil : CacheEntry(try bytes("entry"))
  }
}
