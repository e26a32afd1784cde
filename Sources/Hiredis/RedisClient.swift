import RESP

/// A Redis client on hiredis: connects by itself, pipelines what concurrent tasks send, and never repeats a command that
/// may have run.
///
/// ```swift
/// let redis = try RedisClient("redis://127.0.0.1:6379")
/// let value = try await redis.send("GET", "greeting")
/// ```
///
/// Copies share the connection; the last one that goes closes it.
public struct RedisClient: RedisExecutor {
  let core: ClientCore
  @usableFromInline let line: Line

  /// - Throws: `url` when the text is no Redis URL, `unsupported` when it asks for what this build cannot do. Whether a
  ///   server is there, the first call tells.
  public init(_ url: String, options: RedisClientOptions = .init()) throws(RedisError) {
    try self.init(RedisURL(url), options: options)
  }

  /// The same for a URL that was read already. Throws `unsupported` only.
  public init(_ url: RedisURL, options: RedisClientOptions = .init()) throws(RedisError) {
    core = try ClientCore(url, options)
    line = Line(core.channel, core.options.commandTimeout)
  }

  private init(_ core: ClientCore, _ timeout: Duration?) {
    self.core = core
    line = Line(core.channel, timeout)
  }

  /// `host:port` or the socket's path, without user and password.
  public var address: String { core.channel.address }

  /// The same, for the patterns.
  public var serverAddress: String? { address }

  /// The same client, whose calls may take this long at most; nil for ever.
  ///
  /// ```swift
  /// try await redis.deadline(.milliseconds(50)).send("GET", key)
  /// ```
  public func deadline(_ timeout: Duration?) -> RedisClient { RedisClient(core, timeout) }

  /// Sends a command of any arguments: `try await redis.send("SET", key, value, "PX", 1000)`.
  @inlinable @inline(__always)
  public func send<each Argument: RESPArgument>(
    _ name: StaticString, _ arguments: repeat each Argument
  ) async throws(RedisError) -> RESPValue {
    try await line.send(name, repeat each arguments)
  }

  public func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    try await line.execute(command)
  }

  /// Sends the commands behind one another in one round trip; no other caller's command comes between them.
  public func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    await line.pipeline(commands)
  }

  public func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    try await line.run(call)
  }

  /// Runs scripts in one round trip; only those that the server did not know are sent again, as EVAL.
  public func run(_ calls: [ScriptCall]) async -> [Result<RESPValue, RedisError>] {
    await line.run(calls)
  }

  /// Runs the work, and the tasks it starts, on the client's own thread: no change of thread between a reply and what
  /// follows it.
  ///
  /// For hot paths that only talk to Redis and compute little. **Work that blocks is forbidden here**: while it blocks, no
  /// reply of this client arrives.
  public func withLoop<Value: Sendable>(
    _ body: @concurrent () async throws -> Value
  ) async throws -> Value {
    try await withTaskExecutorPreference(core.loop) { try await body() }
  }

  /// Ends all connections. Calls that wait fail with `closed`, and so does every later one.
  public func close() { core.close() }
}
