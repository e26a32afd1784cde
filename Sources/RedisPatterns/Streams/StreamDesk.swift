import RESP
import Synchronization

/// What a consumer has in hand: the handlers, what comes of them, and the renewal meanwhile.
final class StreamDesk: Sendable {
  typealias Handler = @Sendable (StreamMessage) async throws -> Void

  private struct Delivery {
    let message: StreamMessage
    var renewedAt = ContinuousClock.now
    var isLost = false
    var task: Task<Void, Never>?
  }

  /// What becomes of a delivery.
  private enum Ending {
    case ack
    case retry(Duration)
    case bury(DeadLetter.Reason, String)

    var counter: WritableKeyPath<StreamStats, Int> & Sendable {
      switch self {
      case .ack: \.acked
      case .retry: \.retried
      case .bury: \.buried
      }
    }
  }

  private struct State {
    var held: [String: Delivery] = [:]
    var claimAt = ContinuousClock.now
    var isClosed = false
    var stats = StreamStats()
  }

  private let redis: any RedisExecutor
  private let calls: StreamCalls
  private let group: String
  private let consumer: String
  private let options: StreamOptions
  private let handler: Handler
  private let freed: Bell
  private let state = Mutex(State())

  init(
    on redis: any RedisExecutor, calls: StreamCalls, group: String, consumer: String, options: StreamOptions,
    freed: Bell, handler: @escaping Handler
  ) {
    self.redis = redis
    self.calls = calls
    self.group = group
    self.consumer = consumer
    self.options = options
    self.freed = freed
    self.handler = handler
  }

  var held: [String] { state.withLock { Array($0.held.keys) } }
  var stats: StreamStats { state.withLock { $0.stats } }
  var claimAt: ContinuousClock.Instant {
    get { state.withLock { $0.claimAt } }
    set { state.withLock { $0.claimAt = newValue } }
  }
  var free: Int { state.withLock { max(0, options.concurrency - $0.held.count) } }
  private var isClosed: Bool { state.withLock { $0.isClosed } }

  func count(_ change: (inout StreamStats) -> Void) { state.withLock { change(&$0.stats) } }

  /// Begins the work on what was handed out.
  func take(_ got: StreamCalls.Claimed) {
    for message in got.messages {
      begin(message) { [self] in await handle(message) }
    }
    for message in got.undecodable {
      begin(message) { [self] in await bury(message, .undecodable, "the name of a field is not UTF-8") }
    }
  }

  private func begin(_ message: StreamMessage, _ work: @escaping @Sendable () async -> Void) {
    let isNew = state.withLock { state in
      // Delivered anew while we work on it: the one in hand is settled by what it was delivered with.
      guard state.held[message.id] == nil else { return false }
      state.held[message.id] = Delivery(message: message)
      return true
    }
    guard isNew else { return }
    let task = Task {
      await work()
      state.withLock { _ = $0.held.removeValue(forKey: message.id) }
      freed.ring()
    }
    state.withLock { $0.held[message.id]?.task = task }
  }

  private func handle(_ message: StreamMessage) async {
    do {
      try await handler(message)
    } catch let reject as StreamReject {
      return await bury(message, .rejected, reject.message)
    } catch {
      // Cancelled by us, because it was lost or the stop could not wait: whoever has it now decides.
      if Task.isCancelled { return }
      guard message.deliveries < options.maxDeliveries else {
        return await bury(message, .maxDeliveries, "\(type(of: error)): \(error)")
      }
      return await retry(message)
    }
    await settle(message, .ack)
  }

  private func bury(_ message: StreamMessage, _ reason: DeadLetter.Reason, _ error: String) async {
    await settle(message, .bury(reason, error))
  }

  private func retry(_ message: StreamMessage) async {
    let delay = delay(after: message.deliveries)
    guard await settle(message, .retry(delay)) else { return }
    state.withLock { $0.claimAt = min($0.claimAt, .now + delay) }
  }

  private func delay(after deliveries: Int64) -> Duration {
    var most = options.backoff
    var left = deliveries - 1
    while left > 0, most < options.idle {
      most = most * 2
      left -= 1
    }
    return min(most, options.idle) * Double.random(in: 0.5...1)
  }

  /// Ends a delivery: sends the call until there is an answer. False when it was lost, or there was none.
  @discardableResult
  private func settle(_ message: StreamMessage, _ ending: Ending) async -> Bool {
    var (pause, uncertain) = (Duration.milliseconds(50), false)
    while !isClosed {
      do throws(RedisError) {
        let done = try await end(message, ending)
        state.withLock { state in
          if done {
            state.stats[keyPath: ending.counter] += 1
          } else if !uncertain, state.held[message.id]?.isLost != true {
            // After an answer that was lost itself, this may well be our own doing.
            state.stats.lost += 1
          }
        }
        return done
      } catch {
        guard !error.isHopeless else { return false }
        uncertain = uncertain || error.execution != .notExecuted
      }
      try? await Task.sleep(for: pause * Double.random(in: 0.5...1), clock: .continuous)
      guard !Task.isCancelled else { return false }
      pause = min(pause * 2, .seconds(5))
    }
    return false
  }

  private func end(_ message: StreamMessage, _ ending: Ending) async throws(RedisError) -> Bool {
    let receipt = receipt(message)
    switch ending {
    case .ack: return try StreamCalls.acked(try await redis.run(try calls.ack(receipt))) == .acked
    case .retry(let delay):
      let call = try calls.release(receipt, idle: options.idle, delay: delay)
      return try StreamCalls.released(try await redis.run(call)) == .released
    case .bury(let reason, let error):
      let call = try calls.bury(receipt, reason: reason, error: error, letters: Int64(options.maxDeadLetters))
      return try StreamCalls.buried(try await redis.run(call)) != .lost
    }
  }

  private func receipt(_ message: StreamMessage) -> StreamCalls.Receipt {
    StreamCalls.Receipt(group: group, consumer: consumer, messageID: message.id, deliveries: message.deliveries)
  }
}

extension StreamDesk {
  /// Keeps what is in hand from being claimed, until the task is cancelled.
  func keep() async {
    let quarter = options.idle / 4
    while (try? await Task.sleep(for: options.idle / 12, clock: .continuous)) != nil {
      for message in due(since: .now - quarter) {
        guard let renewed = try? await renew(message) else { continue }
        let task = state.withLock { state -> Task<Void, Never>? in
          guard state.held[message.id]?.message == message else { return nil }
          state.held[message.id]?.renewedAt = .now
          guard !renewed else { return nil }
          state.held[message.id]?.isLost = true
          state.stats.lost += 1
          return state.held[message.id]?.task
        }
        task?.cancel()
      }
    }
  }

  private func due(since then: ContinuousClock.Instant) -> [StreamMessage] {
    state.withLock { $0.held.values.filter { !$0.isLost && $0.renewedAt <= then }.map(\.message) }
  }

  private func renew(_ message: StreamMessage) async throws(RedisError) -> Bool {
    try StreamCalls.renewed(try await redis.run(try calls.renew(receipt(message)))) == .renewed
  }

  /// Waits until nothing is in hand, for this long at most; then nothing is settled any more, and handlers are cancelled.
  func finish(within grace: Duration) async {
    let end = ContinuousClock.now + grace
    while !held.isEmpty, ContinuousClock.now < end { await freed.wait(for: end - .now) }
    let tasks = state.withLock { state in
      state.isClosed = true
      return state.held.values.compactMap(\.task)
    }
    for task in tasks { task.cancel() }
  }
}

extension RedisError {
  /// No waiting mends it.
  var isHopeless: Bool {
    switch code {
    case .argument, .auth, .closed, .permission, .reply, .unsupported, .wrongType: true
    default: false
    }
  }
}
