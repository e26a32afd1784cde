import RESP

extension LockCalls {
  package enum Acquired: Sendable, Hashable {
    case acquired(fence: Int64)
    /// `position` counts from 1; the holder's lease ends in `retryAfter` unless it is renewed.
    case waiting(position: Int64, retryAfter: Duration)
    case held(retryAfter: Duration)
  }

  package enum Renewed: Sendable, Hashable {
    case renewed(fence: Int64)
    case lost

    var forHolder: LockRenewal { self == .lost ? .lost : .renewed }
  }

  package enum Released: String, Sendable {
    case released
    /// It was only in the queue.
    case left
    case lost

    var forHolder: LockRelease { self == .released ? .released : .lost }
  }

  package static func acquired(_ reply: RESPValue, of script: String = "lock_acquire") throws(RedisError) -> Acquired {
    var reader = try ReplyReader(reply, of: script)
    let result: Acquired
    switch reader.status {
    case "acquired": result = .acquired(fence: try reader.fence())
    case "waiting":
      let position = try reader.integer("position")
      result = .waiting(position: position, retryAfter: try reader.duration("retry_after_us"))
    case "held": result = .held(retryAfter: try reader.duration("retry_after_us"))
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func renewed(_ reply: RESPValue, of script: String = "lock_renew") throws(RedisError) -> Renewed {
    var reader = try ReplyReader(reply, of: script)
    let result: Renewed
    switch reader.status {
    case "renewed": result = .renewed(fence: try reader.fence())
    case "lost": result = .lost
    default: throw reader.unknownStatus()
    }
    try reader.end()
    return result
  }

  package static func released(_ reply: RESPValue, of script: String = "lock_release") throws(RedisError) -> Released {
    let reader = try ReplyReader(reply, of: script)
    guard let result = Released(rawValue: reader.status) else { throw reader.unknownStatus() }
    try reader.end()
    return result
  }
}

extension ReplyReader {
  /// A fence travels as decimal text, because a Lua number would be rounded in other places than ours.
  mutating func fence(_ name: String = "fence") throws(RedisError) -> Int64 {
    let text = try text(name)
    guard let fence = Int64(text), fence > 0 else { throw broken("\(name) '\(text.prefix(40))'") }
    return fence
  }
}
