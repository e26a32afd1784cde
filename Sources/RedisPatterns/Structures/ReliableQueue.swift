import RESP

/// Jobs, first in first out, each handed out under a lease: a worker that dies loses none.
///
/// ```swift
/// let mails = ReliableQueue("mails", on: redis)
/// try await mails.push("to: ann")
/// if let job = try await mails.pop(wait: .seconds(5)) {
///   try await send(job.payload)
///   try await job.ack()
/// }
/// ```
///
/// At least once: a job whose lease ended is handed out again, and after its last attempt it is buried.
public struct ReliableQueue: Sendable {
  /// What the queue is called.
  public let name: String
  /// What the queue is.
  public let options: QueueOptions
  let redis: any RedisExecutor
  let calls: Result<QueueCalls, RedisError>

  /// How long a consumer that waits pauses between two looks.
  private static let poll: Duration = .milliseconds(100)

  /// - Parameters:
  ///   - name: checked when it is first used, with the options, so that making a queue cannot fail.
  ///   - namespace: the first part of every key, for several applications on one Redis.
  public init(
    _ name: String, on redis: any RedisExecutor, options: QueueOptions = .init(), namespace: String? = nil
  ) {
    self.name = name
    self.options = options
    self.redis = redis
    do throws(RedisError) {
      calls = .success(try QueueCalls(name, options: options, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Puts a job at the end, now or when `delay` is over.
  ///
  /// - Parameters:
  ///   - payload: at most a mebibyte.
  ///   - id: with one, a repeat after a lost reply changes nothing as long as the job is not done; random without.
  /// - Throws: `RedisError`.
  @discardableResult
  public func push(
    _ payload: [UInt8], id: String? = nil, delay: Duration = .zero
  ) async throws(RedisError) -> QueuePush {
    let call = try calls.get().push(id: id ?? randomID(), payload: payload, delay: delay)
    return try QueueCalls.pushed(try await redis.run(call))
  }

  /// The same with text, as UTF-8.
  @discardableResult
  public func push(
    _ text: String, id: String? = nil, delay: Duration = .zero
  ) async throws(RedisError) -> QueuePush {
    try await push(Array(text.utf8), id: id, delay: delay)
  }

  /// The next job; for `wait` it asks again while there is none. Works when the server's memory is full.
  ///
  /// - Returns: nil when nothing waited.
  /// - Throws: `RedisError`; with `execution` `unknown` a job may be out until its lease ends.
  public func pop(wait: Duration = .zero) async throws(RedisError) -> QueueJob? {
    let end = ContinuousClock.now + wait.asWait
    let token = randomID()
    while true {
      let call = try calls.get().pop(token: token, lease: options.lease)
      switch try QueueCalls.popped(try await redis.run(call)) {
      case .job(let id, let payload, let attempt):
        return QueueJob(queue: self, token: token, id: id, payload: payload, attempt: attempt)
      case .empty(let retryAfter):
        let left = end - .now
        guard left > .zero else { return nil }
        let soon = retryAfter > .zero ? min(retryAfter, Self.poll) : Self.poll
        do {
          try await Task.sleep(for: min(soon, left), clock: .continuous)
        } catch {
          throw RedisError(.cancelled, "the wait for a job was cancelled", execution: .notExecuted)
        }
      }
    }
  }

  /// How many jobs wait, are worked on, are put off, are dead; and the newest of the dead.
  ///
  /// - Parameter graves: how many of the dead to list, 0 to 1000.
  public func look(graves: Int = 10) async throws(RedisError) -> QueueState {
    try QueueCalls.looked(try await redis.run(try calls.get().look(Int64(graves))))
  }

  /// Puts up to `count` dead jobs into the queue again, the oldest first, as never tried.
  ///
  /// - Returns: how many.
  @discardableResult
  public func revive(_ count: Int = 100) async throws(RedisError) -> Int {
    try QueueCalls.revived(try await redis.run(try calls.get().revive(Int64(count))))
  }
}
