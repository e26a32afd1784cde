import RESP

/// Logins that end when they are ended, for any number of processes in both languages.
///
/// ```swift
/// let sessions = Sessions(on: redis, options: SessionOptions(limit: 3))
/// if let session = try await sessions.create(user: "ada").session { setCookie(session.id.text) }
/// let session = try await sessions.load(SessionID(cookie))
/// ```
///
/// Redis never sees an id, only its SHA-256. All decisions are the server's, by its clock. A failure of the store is
/// thrown and is never "no session".
public struct Sessions: Sendable {
  /// How long sessions last, and how many a user may have.
  public let options: SessionOptions
  let redis: any RedisExecutor
  let namespace: String?
  package let pepper: SessionPepper?

  /// - Parameters:
  ///   - options: checked at each use, so that making this cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  ///   - pepper: a secret of the application that goes into every hash, the same in all processes; changing it ends all
  ///     sessions.
  public init(
    on redis: any RedisExecutor, options: SessionOptions = SessionOptions(), namespace: String? = nil,
    pepper: [UInt8]? = nil
  ) {
    self.redis = redis
    self.options = options
    self.namespace = namespace
    self.pepper = pepper.map(SessionPepper.init)
  }

  /// Begins a session under a new id. Every login needs this: an id that somebody brought is never adopted.
  ///
  /// One round trip; one more for `replacing`, and one more when others were ended at the limit.
  ///
  /// - Parameters:
  ///   - user: nil while nobody is logged in; else 1 to 512 bytes.
  ///   - data: at most 256 fields, their names 1 to 128 bytes.
  ///   - old: the session that the browser had before, which is ended.
  public func create(
    user: String? = nil, data: [String: String] = [:], replacing old: SessionID? = nil
  ) async throws(RedisError) -> SessionCreation {
    let tag = SessionTag(user: user, pepper: pepper)
    let calls = try calls(tag)
    // An old session of the same user makes room for the new one; another's is ended when the new one stands.
    if let old, old.tag == tag { try await revoke(old) }
    for _ in 0..<Self.draws {
      let id = SessionID(drawnFor: tag)
      let handle = id.handle(pepper)
      let call = try calls.create(
        handle: handle, user: user, idle: options.idle, lifetime: options.lifetime, limit: Int64(options.limit),
        atLimit: options.atLimit, data: data)
      switch try SessionCalls.created(try await redis.run(call)) {
      case .created(let ended):
        try await forget(ended, calls)
        if let old, old.tag != tag { try await revoke(old) }
        let state = SessionCalls.State(
          version: 1, age: .zero, unused: .zero, expiresIn: min(options.idle, options.lifetime),
          endsIn: options.lifetime, user: user, data: data)
        return .created(Session(state, id: id, handle: handle))
      case .full(let retryAfter): return .full(retryAfter: retryAfter)
      case .taken: continue
      }
    }
    throw Self.repeating
  }

  /// The session that an id opens, kept alive by this; nil when there is none (any more).
  ///
  /// One round trip, and one more for each replacement when the id was replaced a moment ago.
  ///
  /// - Parameter id: nil, for what a client presented and is no id, is answered without asking Redis.
  public func load(_ id: SessionID?) async throws(RedisError) -> Session? {
    guard let id else { return nil }
    let calls = try calls(id.tag)
    let touchEvery = try options.drawnTouchEvery()
    var (handle, isReplaced) = (id.handle(pepper), false)
    while true {
      switch try SessionCalls.used(try await redis.run(try calls.use(handle: handle, touchEvery: touchEvery))) {
      case .live(let state): return Session(state, id: id, handle: handle, isReplaced: isReplaced)
      case .replaced(let next): (handle, isReplaced) = (next, true)
      case .gone, .conflict: return nil
      }
    }
  }

  /// Changes single fields of a live session; all others stay as other writers have left them. One round trip.
  ///
  /// - Parameters:
  ///   - put: fields and their new values; with `drop` at most 256.
  ///   - drop: fields to remove, after `put`.
  ///   - version: change only what is still at this version; nil for any.
  public func update(
    _ id: SessionID, put: [String: String] = [:], drop: [String] = [], version: Int? = nil
  ) async throws(RedisError) -> SessionUpdate {
    let handle = id.handle(pepper)
    let call = try calls(id.tag).use(
      handle: handle, touchEvery: try options.drawnTouchEvery(), version: Int64(version ?? 0), put: put, drop: drop)
    switch try SessionCalls.used(try await redis.run(call)) {
    case .live(let state): return .updated(Session(state, id: id, handle: handle))
    case .conflict(let version): return .conflict(version: Int(version))
    case .replaced: return .replaced
    case .gone: return .gone
    }
  }

  /// Gives the session a new id: after a change of password or of rights. Data and absolute end stay.
  ///
  /// The old id reads for the grace, so that requests under way are not logged out, and dies with the session. Works when
  /// the server's memory is full. One round trip.
  public func rotate(_ id: SessionID) async throws(RedisError) -> SessionRotation {
    let calls = try calls(id.tag)
    for _ in 0..<Self.draws {
      let next = SessionID(drawnFor: id.tag)
      let fresh = next.handle(pepper)
      let call = try calls.rotate(handle: id.handle(pepper), fresh: fresh, grace: options.grace)
      switch try SessionCalls.rotated(try await redis.run(call)) {
      case .rotated(let state): return .rotated(Session(state, id: next, handle: fresh))
      case .replaced: return .replaced
      case .gone: return .gone
      case .taken: continue
      }
    }
    throw Self.repeating
  }

  func calls(_ tag: SessionTag) throws(RedisError) -> SessionCalls {
    try SessionCalls(tag, namespace: namespace)
  }

  private static let draws = 3
  private static var repeating: RedisError {
    RedisError(.reply, "every id that was drawn exists: the random source repeats", execution: .notExecuted)
  }
}
