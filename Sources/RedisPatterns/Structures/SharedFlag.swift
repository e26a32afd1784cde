import RESP

/// Up or down, for the whole fleet; it falls by itself.
///
/// ```swift
/// let sent = SharedFlag("daily-mail", on: redis, ttl: .seconds(86_400))
/// if try await sent.set() == .set { try await sendMail() }
/// ```
public struct SharedFlag: Sendable {
  /// What the flag is called; its key is `flag:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let ttl: Duration
  private let calls: Result<FlagCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making a flag cannot fail.
  ///   - ttl: 1 ms to 366 days; then it falls, to the microsecond by the server's clock.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(_ name: String, on redis: any RedisExecutor, ttl: Duration, namespace: String? = nil) {
    self.name = name
    self.redis = redis
    self.ttl = ttl
    do throws(RedisError) {
      calls = .success(try FlagCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Puts the flag up, or says what is up already. Of many at once, one is told `set`.
  ///
  /// - Parameters:
  ///   - payload: at most a mebibyte.
  ///   - always: put it up anew, with this payload and a new end, although it is up.
  /// - Throws: `RedisError`; with `execution` `unknown` it may be up by this call.
  @discardableResult
  public func set(_ payload: [UInt8] = [], always: Bool = false) async throws(RedisError) -> FlagAttempt {
    try FlagCalls.set(try await redis.run(try calls.get().set(payload, ttl: ttl, always: always)))
  }

  /// The same with text, as UTF-8.
  @discardableResult
  public func set(_ text: String, always: Bool = false) async throws(RedisError) -> FlagAttempt {
    try await set(Array(text.utf8), always: always)
  }

  /// What is up, and for how long yet; nil when it is down.
  public func read() async throws(RedisError) -> RaisedFlag? {
    try FlagCalls.read(try await redis.run(try calls.get().read()))
  }

  /// Takes it down; whether it was up. Works when the server's memory is full.
  @discardableResult
  public func clear() async throws(RedisError) -> Bool {
    try FlagCalls.cleared(try await redis.run(try calls.get().clear())) == .cleared
  }
}

/// A flag that is up.
public struct RaisedFlag: Sendable, Hashable {
  /// What was left by whoever put it up.
  public let payload: [UInt8]
  /// Until it falls.
  public let endsIn: Duration

  /// The payload, if it is UTF-8.
  public var text: String? { String(validating: payload, as: UTF8.self) }
}

/// What came of putting a flag up.
public enum FlagAttempt: Sendable, Hashable {
  /// It is up now, by this call.
  case set
  /// Somebody had put it up.
  case up(RaisedFlag)
}
