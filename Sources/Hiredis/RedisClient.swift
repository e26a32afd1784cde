import RESP

/// A Redis client on hiredis: connects by itself, pipelines what concurrent tasks send, and never repeats a command that
/// may have run.
///
/// ```swift
/// let redis = try RedisClient("redis://127.0.0.1:6379")
/// let value = try await redis.send("GET", "greeting")
/// ```
public struct RedisClient: RedisExecutor {
  private let handle: Handle

  private final class Handle: Sendable {
    let connection: ThinConnection
    init(_ url: RedisURL, _ options: RedisClientOptions) { connection = ThinConnection(url, options) }
    deinit { connection.close() }
  }

  /// - Throws: `url` when the text is no Redis URL, `unsupported` when it asks for what this build cannot do.
  public init(_ url: String, options: RedisClientOptions = .init()) throws(RedisError) {
    try self.init(RedisURL(url), options: options)
  }

  public init(_ url: RedisURL, options: RedisClientOptions = .init()) throws(RedisError) {
    guard !url.tls else {
      throw RedisError(
        .unsupported, "this build has no TLS, and a rediss:// URL is never spoken in plain text",
        execution: .notExecuted, address: url.address)
    }
    handle = Handle(url, options)
  }

  /// `host:port` or the socket's path.
  public var address: String { handle.connection.url.address }

  public func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    let result = await handle.connection.submit(command.encoded)
    return try named(result, command.name).get()
  }

  /// Sends a command of any arguments: `try await redis.send("SET", key, value, "PX", 1000)`.
  public func send<each Argument: RESPArgument>(
    _ name: StaticString, _ arguments: repeat each Argument
  ) async throws(RedisError) -> RESPValue {
    var rest = RESPArguments()
    repeat rest.append(each arguments)
    return try await execute(RESPCommand(name: name.description, rest))
  }

  /// A copy whose calls take at most this long.
  public func deadline(_ timeout: Duration) -> RedisClient { self }

  /// Gives a connection of its own to the work: for blocking commands and for MULTI and WATCH.
  public func withConnection<Value: Sendable>(
    _ body: (RedisClient) async throws -> Value
  ) async throws -> Value {
    let connection = try RedisClient(handle.connection.url, options: handle.connection.options)
    defer { connection.close() }
    return try await body(connection)
  }

  /// Ends all connections; calls that wait fail with `closed`.
  public func close() { handle.connection.close() }

  private func named(
    _ result: Result<RESPValue, RedisError>, _ command: String
  ) -> Result<RESPValue, RedisError> {
    switch result {
    case .success(.error(let text)):
      .failure(RedisError(serverError: text, command: command, address: address))
    case .success: result
    case .failure(let error):
      .failure(
        RedisError(
          error.code, error.message, execution: error.execution, command: command, address: error.address,
          serverCode: error.serverCode))
    }
  }
}
