import RESP

extension Sessions {
  /// Ends a session and forgets its data, also by an id that was replaced a moment ago. False when it had ended before.
  ///
  /// Works when the server's memory is full. One round trip, and one more for each replacement.
  @discardableResult
  public func revoke(_ id: SessionID) async throws(RedisError) -> Bool {
    try await revoke(id.handle(pepper), try calls(id.tag))
  }

  /// Ends one session of a user by the handle that `list` gave: "log out that device". One round trip.
  @discardableResult
  public func revoke(listed handle: String, of user: String) async throws(RedisError) -> Bool {
    try await revoke(handle, try calls(SessionTag(user: user, pepper: pepper)))
  }

  /// Ends every session of a user at once, and says how many. Works when the server's memory is full.
  ///
  /// One round trip decides; one more clears data away.
  @discardableResult
  public func revokeAll(of user: String) async throws(RedisError) -> Int {
    let calls = try calls(SessionTag(user: user, pepper: pepper))
    guard case .ended(let handles) = try SessionCalls.revokedAll(try await redis.run(try calls.revokeAll())) else {
      return 0
    }
    try await forget(handles, calls)
    return handles.count
  }

  /// Ends every other session of this one's user, and says how many; nil when this one itself has ended.
  ///
  /// Works when the server's memory is full. One round trip decides, or one more for each replacement; one more clears
  /// data away.
  @discardableResult
  public func revokeOthers(_ id: SessionID) async throws(RedisError) -> Int? {
    let calls = try calls(id.tag)
    var handle = id.handle(pepper)
    while true {
      switch try SessionCalls.revokedAll(try await redis.run(try calls.revokeAll(keeping: handle))) {
      case .ended(let handles):
        try await forget(handles, calls)
        return handles.count
      case .replaced(let next): handle = next
      case .gone: return nil
      }
    }
  }

  /// The live sessions of a user, with the named fields of each; the one that would end first comes first.
  ///
  /// Two round trips: a session that ends, or gets a new id, between them is left out.
  public func list(user: String, fields: [String] = []) async throws(RedisError) -> [ListedSession] {
    let calls = try calls(SessionTag(user: user, pepper: pepper))
    let names = try SessionCalls.names(try await redis.run(calls.names()))
    var commands: [RESPCommand] = []
    for name in names.sessions { commands.append(try calls.about(name.handle, fields: fields)) }
    guard !commands.isEmpty else { return [] }
    var listed: [ListedSession] = []
    for (name, reply) in zip(names.sessions, await redis.pipeline(commands)) {
      if let one = try SessionCalls.about(try reply.get(), name, fields: fields, nowUs: names.nowUs) {
        listed.append(one)
      }
    }
    return listed
  }

  /// What a limit or a revocation of many has ended can no longer be reached; a failure to delete it is not told, for it
  /// also expires by itself.
  func forget(_ handles: [String], _ calls: SessionCalls) async throws(RedisError) {
    guard !handles.isEmpty else { return }
    let command = try calls.forget(handles)
    _ = try? await redis.execute(command)
  }

  private func revoke(_ handle: String, _ calls: SessionCalls) async throws(RedisError) -> Bool {
    var handle = handle
    // Each step is a rotation that happened within its grace, so there is an end.
    while true {
      switch try SessionCalls.revoked(try await redis.run(try calls.revoke(handle: handle))) {
      case .ended: return true
      case .replaced(let next): handle = next
      case .gone: return false
      }
    }
  }
}
