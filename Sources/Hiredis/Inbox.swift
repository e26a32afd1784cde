import CRedisSupport
import RESP

/// The events of one subscription between the loop and a reader who may be slow.
///
/// Holds at most `limit` events. What comes beyond is dropped, and one gap stands in its place.
final class Inbox: Sendable {
  private struct State {
    var events: [RedisSubscriptionEvent] = []
    var taken = 0
    /// A gap stands at the end; until the reader has seen it, nothing more is worth holding.
    var dropping = false
    var finished = false
    var reader: UnsafeContinuation<RedisSubscriptionEvent?, Never>?
  }

  private let limit: Int
  private let state = Locked(State())

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  func put(_ event: RedisSubscriptionEvent) {
    let reader = state.withLock { state -> UnsafeContinuation<RedisSubscriptionEvent?, Never>? in
      if state.finished { return nil }
      if let reader = state.reader {
        state.reader = nil
        return reader
      }
      if state.dropping { return nil }
      if state.events.count - state.taken >= limit {
        state.events.append(.gap(reason: "the reader is too slow: messages were dropped"))
        state.dropping = true
      } else {
        state.events.append(event)
      }
      return nil
    }
    rps_hand_over()
    reader?.resume(returning: event)
  }

  func finish() {
    let reader = state.withLock { state -> UnsafeContinuation<RedisSubscriptionEvent?, Never>? in
      state.finished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  /// The next event; nil at the end, and when the reading task is cancelled.
  func next() async -> RedisSubscriptionEvent? {
    let event = await withTaskCancellationHandler {
      await withUnsafeContinuation { reader in
        let (event, waits) = state.withLock { state -> (RedisSubscriptionEvent?, Bool) in
          if state.taken < state.events.count {
            let event = state.events[state.taken]
            state.taken += 1
            if state.taken == state.events.count {
              state.events.removeAll(keepingCapacity: true)
              state.taken = 0
              state.dropping = false
            } else if state.taken > 1024 {
              state.events.removeFirst(state.taken)
              state.taken = 0
            }
            return (event, false)
          }
          if state.finished || Task.isCancelled { return (nil, false) }
          state.reader = reader
          return (nil, true)
        }
        if !waits { reader.resume(returning: event) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(returning: nil)
    }
    rps_take_over()
    return event
  }
}
