import RESP

/// About how many different items each period saw, in at most 12 KiB a period, with a standard error of 0.81 %.
///
/// ```swift
/// let visitors = UniqueCounter("visitors", on: redis, options: .init(every: .seconds(86_400), periods: 7))
/// try await visitors.add(["user:1"])
/// let week = try await visitors.count(last: 7)
/// ```
///
/// It is a HyperLogLog a period (Flajolet, Fusy, Gandouet, Meunier, 2007).
public struct UniqueCounter: Sendable {
  /// What the counter is called.
  public let name: String
  /// What the counter is.
  public let options: UniqueOptions
  private let redis: any RedisExecutor
  private let calls: Result<UniqueCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, with the options, so that making a counter cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, options: UniqueOptions = .init(), namespace: String? = nil
  ) {
    self.name = name
    self.options = options
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try UniqueCalls(name, options: options, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Counts up to 1000 items, each once a period. Repeating is safe.
  ///
  /// - Returns: whether the estimate may have grown.
  @discardableResult
  public func add(_ items: [String]) async throws(RedisError) -> Bool {
    try UniqueCalls.added(try await redis.run(try calls.get().add(items.map { Array($0.utf8) })))
  }

  /// About how many different items were seen in the last periods, the one that runs among them.
  public func count(last: Int = 1) async throws(RedisError) -> Int {
    try UniqueCalls.counted(try await redis.run(try calls.get().count(last: Int64(last))))
  }
}

/// What a unique counter is.
public struct UniqueOptions: Sendable, Hashable {
  /// The length of a period; it begins at a multiple of itself since 1970.
  public var every: Duration
  /// Periods kept, 1 to 62, together at most 366 days.
  public var periods: Int
  /// Added to the server's clock before periods are told apart; -14 to 14 hours.
  public var zone: Duration

  /// See the properties.
  public init(every: Duration = .seconds(86_400), periods: Int = 2, zone: Duration = .zero) {
    self.every = every
    self.periods = periods
    self.zone = zone
  }
}

/// The calls of one unique counter as values, and what their replies mean.
package struct UniqueCalls: Sendable {
  private let keys: [String]
  private let everyUs: Int64
  private let zoneUs: Int64

  /// - Throws: `RedisError` with code `argument` when the name or the options break the number rules.
  package init(_ name: String, options: UniqueOptions = .init(), namespace: String? = nil) throws(RedisError) {
    let key = try RedisKey(namespace: namespace, entity: "unique", id: name)
    let periods = try NumberRule.count(Int64(options.periods), "periods", to: 62)
    everyUs = try NumberRule.time(options.every, "every", from: 1000, to: NumberRule.longest / periods)
    zoneUs = try NumberRule.time(options.zone, "zone", from: -14 * 3_600_000_000, to: 14 * 3_600_000_000)
    keys = [key.name] + (0..<periods).map { key.field("seen:\($0)") }
  }

  package func add(_ items: [[UInt8]], nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    guard (1...1000).contains(items.count) else { throw .argument("there must be 1 to 1000 items") }
    var arguments = RESPArguments(reserving: 96 + items.count * 24)
    arguments.append(everyUs)
    arguments.append(zoneUs)
    for item in items { arguments.append(try NumberRule.payload(item, "item")) }
    arguments.append(nowUs)
    return ScriptCall(.uniqueAdd, keys: keys, arguments: arguments)
  }

  package func count(last: Int64 = 1, nowUs: Int64 = 0) throws(RedisError) -> ScriptCall {
    let last = try NumberRule.count(last, "last", to: Int64(keys.count - 1))
    return ScriptCall(.uniqueCount, keys: keys, arguments: [everyUs, zoneUs, last, nowUs])
  }

  package static func added(_ reply: RESPValue) throws(RedisError) -> Bool {
    try number(reply, of: "unique_add", status: "counted") == 1
  }

  package static func counted(_ reply: RESPValue) throws(RedisError) -> Int {
    Int(try number(reply, of: "unique_count", status: "unique"))
  }

  private static func number(_ reply: RESPValue, of script: String, status: String) throws(RedisError) -> Int64 {
    var reader = try ReplyReader(reply, of: script)
    guard reader.status == status else { throw reader.unknownStatus() }
    let value = try reader.integer(status)
    try reader.end()
    return value
  }
}
