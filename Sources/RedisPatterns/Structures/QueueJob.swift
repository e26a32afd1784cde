import RESP

/// A job that was handed out, ours until its lease ends. Settle it with `ack`, `retry` or `bury`.
public struct QueueJob: Sendable {
  private let queue: ReliableQueue
  private let token: String
  /// Names the job as long as it is not done.
  public let id: String
  /// What was pushed.
  public let payload: [UInt8]
  /// Counts from 1 and grows with every hand-out: a fence for what the job writes elsewhere.
  public let attempt: Int

  init(queue: ReliableQueue, token: String, id: String, payload: [UInt8], attempt: Int) {
    self.queue = queue
    self.token = token
    self.id = id
    self.payload = payload
    self.attempt = attempt
  }

  /// The payload, if it is UTF-8.
  public var text: String? { String(validating: payload, as: UTF8.self) }

  /// It is done. Works when the server's memory is full.
  ///
  /// - Returns: `acked`, or `lost`: the lease had ended, and the job was handed to another or buried. A lease that ended
  ///   counts as long as neither has happened.
  @discardableResult
  public func ack() async throws(RedisError) -> JobEnd {
    try await settle(.ack, .zero)
  }

  /// It is to be tried again after `delay`: `retried`, `buried` after its last attempt, or `lost`.
  @discardableResult
  public func retry(after delay: Duration = .zero) async throws(RedisError) -> JobEnd {
    try await settle(.retry, delay)
  }

  /// It is given up and kept among the dead: `buried`, or `lost`.
  @discardableResult
  public func bury() async throws(RedisError) -> JobEnd {
    try await settle(.bury, .zero)
  }

  /// Holds it for longer; never shorter than it was.
  ///
  /// - Returns: false when it was handed to another, buried or settled.
  public func extend(by lease: Duration? = nil) async throws(RedisError) -> Bool {
    let call = try queue.calls.get().extend(id: id, token: token, lease: lease ?? queue.options.lease)
    return try QueueCalls.extended(try await queue.redis.run(call)) == .extended
  }

  private func settle(_ verb: JobVerb, _ delay: Duration) async throws(RedisError) -> JobEnd {
    let call = try queue.calls.get().settle(id: id, token: token, verb: verb, delay: delay)
    return try QueueCalls.settled(try await queue.redis.run(call))
  }
}

/// What a queue is.
public struct QueueOptions: Sendable, Hashable {
  /// How long a job is a worker's, unless it is extended: how long others wait when the worker dies.
  public var lease: Duration
  /// Attempts after which a job is buried.
  public var tries: Int
  /// Jobs that may wait or be worked on; then pushing is answered `full`.
  public var most: Int
  /// Dead jobs kept, the newest.
  public var graves: Int
  /// A queue that nobody touches for so long ends, counted from its last due job or lease; 1 ms to 366 days.
  public var ttl: Duration

  /// See the properties.
  public init(
    lease: Duration = .seconds(30), tries: Int = 5, most: Int = 100_000, graves: Int = 1000,
    ttl: Duration = .seconds(7 * 86_400)
  ) {
    self.lease = lease
    self.tries = tries
    self.most = most
    self.graves = graves
    self.ttl = ttl
  }
}

/// What came of pushing a job; `jobs` wait or are worked on.
public enum QueuePush: Sendable, Hashable {
  case pushed(jobs: Int)
  /// A job of this id waits or is worked on already: nothing was changed.
  case exists(jobs: Int)
  /// The queue holds as many jobs as it may: nothing was changed.
  case full(jobs: Int)
}

/// How the lease of a job ended.
public enum JobEnd: String, Sendable, CaseIterable {
  case acked, retried, buried
  /// It had ended before, and the job was handed to another or buried; or the job was settled before.
  case lost
}

/// How many jobs a queue has.
public struct QueueState: Sendable, Hashable {
  /// Jobs that the next pop could get.
  public let ready: Int
  /// Jobs that are worked on.
  public let out: Int
  /// Jobs that are put off.
  public let later: Int
  /// Jobs that were given up.
  public let dead: Int
  /// The newest of the dead.
  public let graves: [DeadJob]
}

/// A job that was given up.
public struct DeadJob: Sendable, Hashable {
  /// As it was pushed.
  public let id: String
  /// How often it was handed out.
  public let attempts: Int
  /// What was pushed.
  public let payload: [UInt8]
}
