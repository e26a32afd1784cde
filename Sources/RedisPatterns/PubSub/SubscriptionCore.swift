import RESP
import Synchronization

/// What the pump writes and one reader reads. Any thread.
final class SubscriptionCore: Sendable {
  private struct State {
    var feed: SubscriptionFeed
    /// Read after the connection of this round was confirmed.
    var positions: (round: UInt64, of: [String: ChannelPosition]) = (0, [:])
    var reader: CheckedContinuation<Void, Never>?
    /// The first confirmation, or why there is none; the outer nil: not yet.
    var opening: RedisError??
    var opener: CheckedContinuation<RedisError?, Never>?
    var connections = 0
  }

  private let state: Mutex<State>

  init(_ feed: SubscriptionFeed) {
    state = Mutex(State(feed: feed))
  }

  var dropped: Int { state.withLock { $0.feed.buffer.dropped } }
  var connections: Int { state.withLock { $0.connections } }
  var isEnded: Bool { state.withLock { $0.feed.buffer.ended } }
  var isOpen: Bool { state.withLock { $0.opening != nil } }

  // MARK: The pump

  func take(_ channel: String, _ payload: [UInt8]) { change { $0.feed.message(channel, payload) } }

  func take(_ channel: String, _ payload: [UInt8], by pattern: String) {
    change { $0.feed.message(channel, payload, by: pattern) }
  }

  /// The number of the new round.
  func lost() -> UInt64 {
    state.withLock { state in
      state.feed.lost()
      return state.feed.round
    }
  }

  func keep(_ positions: [String: ChannelPosition], of round: UInt64) {
    state.withLock { if round == $0.feed.round { $0.positions = (round, positions) } }
  }

  /// Everything has come that was under way when the positions of this round were read.
  func settle(_ round: UInt64) {
    change { state in
      guard state.positions.round == round, round == state.feed.round else { return }
      state.feed.settle(round, state.positions.of)
      state.connections += 1
    }
    open(nil)
  }

  func end(_ error: PubSubError? = nil) { change { $0.feed.buffer.end(error) } }

  private func change(_ body: (inout State) -> Void) {
    let reader = state.withLock { state in
      body(&state)
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  // MARK: Opening

  func open(_ failure: RedisError?) {
    let opener = state.withLock { state -> CheckedContinuation<RedisError?, Never>? in
      guard state.opening == nil else { return nil }
      state.opening = .some(failure)
      defer { state.opener = nil }
      return state.opener
    }
    opener?.resume(returning: failure)
  }

  /// Waits for the first confirmation; the reason when there is none.
  func opened() async -> RedisError? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known = state.withLock { state -> RedisError?? in
          if state.opening == nil { state.opener = continuation }
          return state.opening
        }
        if let known { continuation.resume(returning: known) }
      }
    } onCancel: {
      open(
        RedisError(
          .cancelled, "the task was cancelled before the subscription was confirmed", execution: .unknown,
          command: "SUBSCRIBE"))
    }
  }

  // MARK: The reader

  /// The next event; nil at the end, and when the reading task is cancelled.
  func next() async throws(PubSubError) -> SubscriptionBuffer.Item? {
    while true {
      let result = state.withLock { state -> Result<SubscriptionBuffer.Item?, PubSubError>? in
        do throws(PubSubError) {
          if let item = try state.feed.buffer.take() { return .success(item) }
          return state.feed.buffer.ended ? .success(nil) : nil
        } catch {
          return .failure(error)
        }
      }
      if let result { return try result.get() }
      if Task.isCancelled { return nil }
      await wait()
    }
  }

  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = state.withLock { state in
          // Under the lock: what comes later finds the reader.
          if Task.isCancelled || state.feed.buffer.ended || state.feed.buffer.hasItems { return true }
          state.reader = continuation
          return false
        }
        if now { continuation.resume() }
      }
    } onCancel: {
      change { _ in }
    }
  }
}
