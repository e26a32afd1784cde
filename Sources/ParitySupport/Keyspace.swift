import RESP

/// One key as it stands: what two languages must leave alike.
public struct KeyState: Sendable, Hashable {
  public enum Value: Sendable, Hashable {
    case string([UInt8])
    case hash([[UInt8]: [UInt8]])
    case list([[UInt8]])
    case set(Set<[UInt8]>)
    /// Member and score, by score.
    case sortedSet([[[UInt8]]])
    /// Entries, and of each group what is pending with whom; without times, which are the server's own.
    case stream(StreamState)
    /// Another type, told by its serialised form.
    case other(type: String, dump: [UInt8])
  }

  public var key: String
  public let value: Value
  /// Absolute deadline in ms since 1970, by the server's clock; nil: the key never expires.
  public let expiresAtMs: Int64?
  /// How long it had to live when it was read.
  public let lifetimeMs: Int64?

  public init(key: String, value: Value, expiresAtMs: Int64?, lifetimeMs: Int64? = nil) {
    self.key = key
    self.value = value
    self.expiresAtMs = expiresAtMs
    self.lifetimeMs = lifetimeMs
  }
}

public enum Keyspace {
  /// Every key whose name begins with `prefix`, by name. Reads with SCAN: for tests, not for large servers.
  public static func dump(_ redis: some RedisExecutor, prefix: String = "") async throws(RedisError) -> [KeyState] {
    var states: [KeyState] = []
    for key in try await names(redis, prefix: prefix).sorted() {
      let type = try await redis.execute(RESPCommand("TYPE", key)).string ?? "none"
      guard type != "none" else { continue }
      states.append(
        KeyState(
          key: key, value: try await value(of: key, type: type, redis), expiresAtMs: try await deadline(key, redis),
          lifetimeMs: try await redis.execute(RESPCommand("PTTL", key)).int.flatMap { $0 < 0 ? nil : $0 }))
    }
    return states
  }

  /// The names of the keys that begin with `prefix`.
  public static func names(_ redis: some RedisExecutor, prefix: String) async throws(RedisError) -> Set<String> {
    var names: Set<String> = []
    var cursor = "0"
    repeat {
      let reply = try await redis.execute(RESPCommand("SCAN", cursor, "MATCH", glob(prefix) + "*", "COUNT", 500))
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let found = parts[1].array else {
        throw RedisError(.reply, "SCAN answered in an unknown form", execution: .notExecuted, command: "SCAN")
      }
      names.formUnion(found.compactMap { $0.bytes.map { String(decoding: $0, as: UTF8.self) } })
      cursor = next
    } while cursor != "0"
    return names
  }

  /// Escapes what SCAN would read as a pattern: a caller's text never becomes one.
  public static func glob(_ text: String) -> String {
    String(text.flatMap { "*?[]\\^-".contains($0) ? ["\\", $0] : [$0] })
  }

  private static func deadline(_ key: String, _ redis: some RedisExecutor) async throws(RedisError) -> Int64? {
    do throws(RedisError) {
      let at = try await redis.execute(RESPCommand("PEXPIRETIME", key)).int ?? -1
      return at < 0 ? nil : at
    } catch {
      guard error.code == .server else { throw error }
    }
    // Redis 6.2 has no PEXPIRETIME. Inside a script both clocks are read almost at once, and TIME not before the other:
    // the sum is the deadline or a millisecond more, and the least of some is the deadline.
    let script = """
      local left, time = redis.call('PTTL', KEYS[1]), redis.call('TIME')
      return { left, time[1], time[2] }
      """
    var deadline: Int64?
    for _ in 0..<5 {
      let reply = try await redis.execute(RESPCommand("EVAL", script, 1, key)).array ?? []
      guard reply.count == 3, let left = reply[0].int, left >= 0, let seconds = reply[1].int, let micros = reply[2].int
      else { return nil }
      deadline = min(deadline ?? .max, seconds * 1000 + micros / 1000 + left)
    }
    return deadline
  }

  private static func value(
    of key: String, type: String, _ redis: some RedisExecutor
  ) async throws(RedisError) -> KeyState.Value {
    func list(_ command: RESPCommand) async throws(RedisError) -> [[UInt8]] {
      try await redis.execute(command).array?.compactMap(\.bytes) ?? []
    }
    switch type {
    case "string": return .string(try await redis.execute(RESPCommand("GET", key)).bytes ?? [])
    case "hash":
      let flat = try await list(RESPCommand("HGETALL", key))
      return .hash(
        Dictionary(uniqueKeysWithValues: stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }))
    case "list": return .list(try await list(RESPCommand("LRANGE", key, 0, -1)))
    case "set": return .set(Set(try await list(RESPCommand("SMEMBERS", key))))
    case "zset":
      let flat = try await list(RESPCommand("ZRANGE", key, 0, -1, "WITHSCORES"))
      return .sortedSet(stride(from: 0, to: flat.count - 1, by: 2).map { [flat[$0], flat[$0 + 1]] })
    case "stream": return .stream(try await StreamState(of: key, on: redis))
    default: return .other(type: type, dump: try await redis.execute(RESPCommand("DUMP", key)).bytes ?? [])
    }
  }
}
