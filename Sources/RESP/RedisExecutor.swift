/// What a pattern needs of a Redis client, and all that it may use.
///
/// `Hiredis.RedisClient` conforms; an adapter for another client needs `execute` only.
public protocol RedisExecutor: Sendable {
  /// Where its server is, without user and password; nil where it cannot tell. Clients of one address have one server.
  var serverAddress: String? { get }

  /// Sends one command and returns its reply. An error reply is thrown, typed.
  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue

  /// Sends the commands in order, in one round trip where the client can; the results stand in the same order.
  /// One command's failure says nothing about the others.
  func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>]

  /// Runs a script by `EVALSHA`; `EVAL` only after the server answered NOSCRIPT.
  func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue

  /// Subscribes and returns when the server has confirmed every channel and every pattern (a glob over channels).
  /// - Throws: `RedisError` with code `unsupported` where the client has no subscriptions.
  func subscribe(to channels: [String], patterns: [String]) async throws(RedisError) -> RedisSubscription

  /// Sends a command that may block on the server for this long (`XREADGROUP … BLOCK`), on a connection that nobody else
  /// uses meanwhile.
  /// - Throws: `RedisError` with code `unsupported` where the client lends no connections; patterns then poll.
  func executeBlocking(_ command: RESPCommand, for wait: Duration) async throws(RedisError) -> RESPValue
}

extension RedisExecutor {
  /// Nil: for clients that cannot tell.
  public var serverAddress: String? { nil }

  public func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    var results: [Result<RESPValue, RedisError>] = []
    results.reserveCapacity(commands.count)
    for command in commands {
      do throws(RedisError) {
        results.append(.success(try await execute(command)))
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  public func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    do throws(RedisError) {
      return try await execute(call.evalsha)
    } catch {
      guard error.code == .noScript else { throw error }
      return try await execute(call.eval)
    }
  }

  /// Subscribes and returns when the server has confirmed every channel.
  public func subscribe(to channels: [String]) async throws(RedisError) -> RedisSubscription {
    try await subscribe(to: channels, patterns: [])
  }

  public func subscribe(to channels: [String], patterns: [String]) async throws(RedisError) -> RedisSubscription {
    throw RedisError(.unsupported, "this client offers no subscriptions", execution: .notExecuted)
  }

  /// Throws `unsupported`: for clients that lend no connections.
  public func executeBlocking(_ command: RESPCommand, for wait: Duration) async throws(RedisError) -> RESPValue {
    throw RedisError(.unsupported, "this client lends no connections", execution: .notExecuted)
  }
}
