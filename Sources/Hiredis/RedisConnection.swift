import RESP
import Synchronization

/// A connection that nobody else uses, for as long as `withConnection` lends it: for blocking commands (BLPOP, XREADGROUP
/// BLOCK) and for WATCH, MULTI and EXEC.
///
/// A call that is cancelled or runs out of time closes it, because the server may still be blocked in that call.
public struct RedisConnection: RedisExecutor {
  final class Lease: Sendable {
    let channel: Channel
    private let ended = Atomic(false)
    /// WATCH or MULTI was sent: ask the server at the end whether something of it is left.
    let transactional = Atomic(false)
    /// The session itself was changed: nobody else can use it.
    let spoiled = Atomic(false)

    init(_ channel: Channel) { self.channel = channel }

    var isOver: Bool { ended.load(ordering: .acquiring) }
    func end() { ended.store(true, ordering: .releasing) }
  }

  let lease: Lease
  private let line: Line

  init(_ lease: Lease, _ timeout: Duration?) {
    self.lease = lease
    line = Line(lease.channel, timeout)
  }

  /// The same connection, whose calls may take this long at most; nil for ever. A blocking command needs more than it blocks.
  public func deadline(_ timeout: Duration?) -> RedisConnection { RedisConnection(lease, timeout) }

  /// Sends a command of any arguments.
  public func send<each Argument: RESPArgument>(
    _ name: StaticString, _ arguments: repeat each Argument
  ) async throws(RedisError) -> RESPValue {
    var rest = RESPArguments()
    repeat rest.append(each arguments)
    return try await execute(RESPCommand(name: name.description, rest))
  }

  public func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    try note(command)
    return try await line.execute(command)
  }

  public func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    do throws(RedisError) {
      for command in commands { try note(command) }
    } catch {
      return Array(repeating: .failure(error), count: commands.count)
    }
    return await line.pipeline(commands)
  }

  public func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    try checkLease("EVALSHA")
    return try await line.run(call)
  }

  private func note(_ command: RESPCommand) throws(RedisError) {
    try checkLease(command.name)
    switch command.name.uppercased() {
    case "WATCH", "MULTI": lease.transactional.store(true, ordering: .relaxed)
    case "SELECT", "AUTH", "HELLO", "CLIENT", "RESET", "QUIT", "MONITOR", "READONLY", "READWRITE", "ASKING",
      "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "SYNC", "PSYNC":
      lease.spoiled.store(true, ordering: .relaxed)
    default: break
    }
  }

  private func checkLease(_ command: String) throws(RedisError) {
    guard !lease.isOver else {
      throw RedisError(
        .closed, "the connection was given back; use it inside withConnection only", execution: .notExecuted,
        command: command, address: lease.channel.address)
    }
  }
}

extension RedisClient {
  /// Lends a connection of its own to the work, and takes it back at the end.
  ///
  /// ```swift
  /// let item = try await redis.withConnection { connection in
  ///   try await connection.deadline(.seconds(35)).send("BLPOP", "queue", 30)
  /// }
  /// ```
  ///
  /// - Throws: what the work throws; `timeout` when all `maxLeasedConnections` stay lent.
  public func withConnection<Value>(
    _ body: (RedisConnection) async throws -> Value
  ) async throws -> Value {
    let lease = RedisConnection.Lease(try await core.pool.take(timeout: core.options.commandTimeout))
    do {
      let value = try await body(RedisConnection(lease, core.options.commandTimeout))
      await giveBack(lease)
      return value
    } catch {
      await giveBack(lease)
      throw error
    }
  }

  /// On a connection of its own; the answer may come until five seconds after the wait.
  public func executeBlocking(_ command: RESPCommand, for wait: Duration) async throws(RedisError) -> RESPValue {
    let lease = RedisConnection.Lease(try await core.pool.take(timeout: core.options.commandTimeout))
    do throws(RedisError) {
      let value = try await RedisConnection(lease, wait.asSleep + .seconds(5)).execute(command)
      await giveBack(lease)
      return value
    } catch {
      await giveBack(lease)
      throw error
    }
  }

  private func giveBack(_ lease: RedisConnection.Lease) async {
    lease.end()
    var clean = !lease.spoiled.load(ordering: .relaxed)
    if clean, lease.transactional.load(ordering: .relaxed) {
      // Inside MULTI the answer is QUEUED; a cancelled task gets none. Both mean: close it.
      let left = try? await Line(lease.channel, .seconds(1)).send("UNWATCH")
      clean = left == .simple("OK")
    }
    core.pool.giveBack(lease.channel, clean: clean)
  }
}
