import RESP

/// The way to one connection with a time limit: encodes, sends, and reads answers into values and typed errors.
///
/// Clients and leased connections are thin faces over it.
@usableFromInline struct Line: Sendable {
  @usableFromInline let channel: Channel
  /// Nanoseconds; `.max` for ever.
  @usableFromInline let timeout: UInt64

  init(_ channel: Channel, _ timeout: Duration?) {
    self.channel = channel
    self.timeout = timeout?.nanoseconds ?? .max
  }

  @inlinable @inline(__always)
  func send<each Argument: RESPArgument>(
    _ name: StaticString, _ arguments: repeat each Argument
  ) async throws(RedisError) -> RESPValue {
    let reply = await channel.call(timeout: timeout) { out in
      var count = 1
      for _ in repeat each arguments { count += 1 }
      out.appendHead(42, count)
      out.append(name)
      repeat out.append(each arguments)
    }
    if case .success(let value) = reply {
      if case .error = value {} else { return value }
    }
    throw failure(of: reply, name.description)
  }

  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    let reply = await channel.call(timeout: timeout) { $0.append(command) }
    return try result(of: reply, command.name).get()
  }

  func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    let replies = await channel.callAll(commands, timeout: timeout) { command, out in out.append(command) }
    return zip(replies, commands).map { result(of: $0, $1.name) }
  }

  func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    var reply = await channel.call(timeout: timeout) { $0.append(call, "EVALSHA") }
    var name = "EVALSHA"
    if Self.isUnknownScript(reply) {
      name = "EVAL"
      reply = await channel.call(timeout: timeout) { $0.append(call, "EVAL") }
    }
    return try result(of: reply, name).get()
  }

  /// In one round trip; a second one only for those whose script the server did not know.
  func run(_ calls: [ScriptCall]) async -> [Result<RESPValue, RedisError>] {
    var replies = await channel.callAll(calls, timeout: timeout) { call, out in out.append(call, "EVALSHA") }
    let unknown = replies.indices.filter { Self.isUnknownScript(replies[$0]) }
    if !unknown.isEmpty {
      let again = await channel.callAll(unknown, timeout: timeout) { place, out in
        out.append(calls[place], "EVAL")
      }
      for (place, reply) in zip(unknown, again) { replies[place] = reply }
    }
    return replies.map { result(of: $0, "EVALSHA") }
  }

  private static func isUnknownScript(_ reply: Reply) -> Bool {
    if case .success(.error(let text)) = reply { text.hasPrefix("NOSCRIPT") } else { false }
  }

  private func result(of reply: Reply, _ name: String) -> Result<RESPValue, RedisError> {
    if case .success(let value) = reply {
      if case .error = value {} else { return reply }
    }
    return .failure(failure(of: reply, name))
  }

  /// What the loop knows, and the verb that only the caller knows.
  @usableFromInline func failure(of reply: Reply, _ name: String) -> RedisError {
    switch reply {
    case .success(.error(let text)):
      RedisError(serverError: text, command: name, address: channel.address)
    case .success: RedisError(.reply, "no error in this reply", execution: .unknown, command: name)
    case .failure(let error):
      RedisError(
        error.code, error.message, execution: error.execution, command: name,
        address: error.address ?? channel.address, serverCode: error.serverCode)
    }
  }
}

extension OutBuffer {
  /// `EVALSHA <sha1> …` or `EVAL <source> …`, written in place.
  mutating func append(_ call: ScriptCall, _ verb: StaticString) {
    appendHead(42, 3 + call.keys.count + call.arguments.count)
    append(verb)
    if verb.utf8CodeUnitCount == 4 {
      append(call.script.source)
    } else {
      append(call.script.sha1)
    }
    append(call.keys.count)
    for key in call.keys { append(key) }
    append(call.arguments)
  }
}
