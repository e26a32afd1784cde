import RESP

/// Fields with a version: a change made from what was read is refused when another came between.
///
/// ```swift
/// let user = VersionedObject("user:1", on: redis, ttl: .seconds(3600))
/// try await user.update { fields in ["visits": String((Int(fields["visits"] ?? "0") ?? 0) + 1)] }
/// ```
///
/// Versions grow also when the object was deleted or lost in between, so one seen once never comes back.
public struct VersionedObject: Sendable {
  /// What the object is called; its key is `object:{<name>}`.
  public let name: String
  private let redis: any RedisExecutor
  private let ttl: Duration
  private let most: Int
  private let calls: Result<ObjectCalls, RedisError>

  /// - Parameters:
  ///   - name: checked when it is first used, so that making an object cannot fail.
  ///   - ttl: 1 ms to 366 days; the object ends so long after its last change.
  ///   - most: how many fields it may have, 1 to 1000.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, ttl: Duration, most: Int = 1000, namespace: String? = nil
  ) {
    self.name = name
    self.redis = redis
    self.ttl = ttl
    self.most = most
    do throws(RedisError) {
      calls = .success(try ObjectCalls(name, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// All fields and the version, as they stood at one moment; nil when there is no such object.
  public func read() async throws(RedisError) -> FoundObject? {
    try ObjectCalls.read(try await redis.run(try calls.get().read()))
  }

  /// Changes these fields and leaves the others.
  ///
  /// - Parameters:
  ///   - set: values as UTF-8; see the other form for bytes. A name must not begin with `@`.
  ///   - remove: names of fields that go.
  ///   - seen: the version that was read; 0: there must be no object yet; nil: in any case.
  /// - Throws: `RedisError`. Repeating after a lost reply is safe with a version: the repeat is a conflict.
  @discardableResult
  public func write(
    _ set: [String: String], remove: [String] = [], seen: Int64? = nil
  ) async throws(RedisError) -> ObjectWrite {
    try await write(bytes: set.mapValues { Array($0.utf8) }, remove: remove, seen: seen)
  }

  /// The same with bytes.
  @discardableResult
  public func write(
    bytes set: [String: [UInt8]], remove: [String] = [], seen: Int64? = nil
  ) async throws(RedisError) -> ObjectWrite {
    let call = try calls.get().write(
      set: set.map { (name: $0.key, value: $0.value) }, remove: remove, seen: seen, ttl: ttl, most: Int64(most))
    return try ObjectCalls.written(try await redis.run(call))
  }

  /// Reads, asks `change` for new values, writes; anew when another came between.
  ///
  /// - Parameters:
  ///   - attempts: how often at most; the result is a `conflict` when others were always faster.
  ///   - change: gets no fields when there is no object; fields that are not UTF-8 are left out.
  @discardableResult
  public func update(
    attempts: Int = 10, _ change: @Sendable ([String: String]) throws -> [String: String]
  ) async throws -> ObjectWrite {
    var outcome = ObjectWrite.missing
    for _ in 0..<max(attempts, 1) {
      let found = try await read()
      outcome = try await write(try change(found?.text ?? [:]), seen: found?.version ?? 0)
      switch outcome {
      case .written, .full: return outcome
      case .conflict, .missing: continue
      }
    }
    return outcome
  }

  /// Deletes it, if it is at version `seen`; nil: in any case. Works when the server's memory is full.
  @discardableResult
  public func delete(seen: Int64? = nil) async throws(RedisError) -> ObjectDelete {
    try ObjectCalls.deleted(try await redis.run(try calls.get().delete(seen: seen)))
  }
}

/// An object as it stood at one moment.
public struct FoundObject: Sendable, Hashable {
  /// Grows with every change: hand it to `write` as `seen`.
  public let version: Int64
  /// Every field by its name.
  public let fields: [String: [UInt8]]
  /// Until it ends, unless it is changed.
  public let endsIn: Duration

  /// The fields that are UTF-8.
  public var text: [String: String] { fields.compactMapValues { String(validating: $0, as: UTF8.self) } }
}

/// What came of a change.
public enum ObjectWrite: Sendable, Hashable {
  /// It was changed, and is at this version now.
  case written(version: Int64)
  /// It is at another version than was seen: nothing was changed.
  case conflict(version: Int64)
  /// There is no such object (any more).
  case missing
  /// It would have so many fields, more than it may: nothing was changed.
  case full(fields: Int)
}

/// What came of deleting an object.
public enum ObjectDelete: Sendable, Hashable {
  case deleted
  /// It is at another version than was seen.
  case conflict(version: Int64)
  case missing
}
