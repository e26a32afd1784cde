import CRedisSupport
import RESP

/// All subscriptions of a client on one connection of their own.
///
/// After a loss it subscribes again, and tells every reader about the gap when the new subscription is in force: a
/// reader that looks at the state then misses nothing.
final class SubscriptionHub: PushHandler {
  struct Subscriber {
    let inbox: Inbox
    let channels: Set<String>
    /// Not confirmed on this connection.
    var missing: Set<String>
    /// Who waits for the first confirmation.
    var waiter: UnsafeContinuation<RedisError?, Never>?
    /// Confirmed once: from then on a new connection is a gap.
    var established = false
  }

  struct State {
    var subscribers: [UInt64: Subscriber] = [:]
    var nextID: UInt64 = 1
    var connected = false
    /// Channels of SUBSCRIBE commands without an answer, in order: an error names no channel.
    var asked: [String] = []
    var cause: RedisError?
    var channel: Channel?
    var closed = false
  }

  let state = Locked(State())
  let options: RedisClientOptions
  private let url: RedisURL
  private let mailbox: Mailbox

  init(_ url: RedisURL, _ options: RedisClientOptions, _ mailbox: Mailbox) {
    self.url = url
    self.options = options
    self.mailbox = mailbox
  }

  func close() {
    let channel = state.withLock { state in
      state.closed = true
      // The channel holds its handler: this ends the circle.
      defer { state.channel = nil }
      return state.channel
    }
    channel?.close()
  }

  // MARK: Loop thread

  func connected() {
    state.withLock { state in
      state.connected = true
      state.cause = nil
      state.asked = []
      var wanted: Set<String> = []
      for (id, subscriber) in state.subscribers {
        state.subscribers[id]!.missing = subscriber.channels
        wanted.formUnion(subscriber.channels)
      }
      for name in wanted.sorted() { ask(&state, "SUBSCRIBE", name) }
    }
  }

  func lost(_ error: RedisError, final: Bool) {
    var failed: [UnsafeContinuation<RedisError?, Never>] = []
    state.withLock { state in
      state.connected = false
      state.cause = error
      state.asked = []
      for (id, subscriber) in state.subscribers {
        state.subscribers[id]!.missing = subscriber.channels
        guard final || !error.mayPassByItself else { continue }
        if let waiter = subscriber.waiter {
          state.subscribers[id] = nil
          failed.append(waiter)
        } else if final {
          subscriber.inbox.finish()
          state.subscribers[id] = nil
        }
      }
    }
    rps_hand_over()
    for waiter in failed { waiter.resume(returning: error) }
  }

  /// Whether the connection is worth having back.
  var wantsConnection: Bool { state.withLock { !$0.subscribers.isEmpty } }

  func received(_ value: RESPValue) {
    switch value {
    case .array(let parts) where parts.count == 3:
      guard let kind = parts[0].string, let name = parts[1].string else { return }
      switch kind {
      case "message":
        guard case .bulk(let payload) = parts[2] else { return }
        state.withLock { state in
          for subscriber in state.subscribers.values where subscriber.channels.contains(name) {
            subscriber.inbox.put(.message(channel: name, payload: payload))
          }
        }
      case "subscribe": confirmed(name)
      default: break
      }
    case .error(let text): refused(RedisError(serverError: text, command: "SUBSCRIBE", address: url.address))
    default: break
    }
  }

  private func confirmed(_ name: String) {
    var ready: [UnsafeContinuation<RedisError?, Never>] = []
    state.withLock { state in
      if let place = state.asked.firstIndex(of: name) { state.asked.remove(at: place) }
      for (id, subscriber) in state.subscribers where subscriber.missing.contains(name) {
        state.subscribers[id]!.missing.remove(name)
        guard state.subscribers[id]!.missing.isEmpty else { continue }
        if subscriber.established {
          subscriber.inbox.put(.gap(reason: "the connection was replaced"))
        }
        state.subscribers[id]!.established = true
        if let waiter = subscriber.waiter {
          state.subscribers[id]!.waiter = nil
          ready.append(waiter)
        }
      }
    }
    rps_hand_over()
    for waiter in ready { waiter.resume(returning: nil) }
  }

  private func refused(_ error: RedisError) {
    var failed: [UnsafeContinuation<RedisError?, Never>] = []
    state.withLock { state in
      guard !state.asked.isEmpty else { return }
      let name = state.asked.removeFirst()
      for (id, subscriber) in state.subscribers where subscriber.missing.contains(name) {
        state.subscribers[id] = nil
        if let waiter = subscriber.waiter {
          failed.append(waiter)
        } else {
          subscriber.inbox.put(.gap(reason: "the server refused the subscription: \(error.message)"))
          subscriber.inbox.finish()
        }
      }
    }
    rps_hand_over()
    for waiter in failed { waiter.resume(returning: error) }
  }

  /// Called under the lock, on a live connection.
  func ask(_ state: inout State, _ verb: String, _ name: String) {
    if verb == "SUBSCRIBE" { state.asked.append(name) }
    state.channel?.push(RESPCommand(verb, name).encoded)
  }

  func openChannel() -> Channel { Channel(url, options, mailbox, .pushed(self)) }
}
