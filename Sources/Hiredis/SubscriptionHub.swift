import CRedisSupport
import RESP

/// A channel, or a pattern over channels.
struct Topic: Hashable, Comparable {
  let name: String
  let isPattern: Bool

  static func < (one: Topic, other: Topic) -> Bool {
    one.isPattern == other.isPattern ? one.name < other.name : other.isPattern
  }
}

/// All subscriptions of a client on one connection of their own.
///
/// After a loss it subscribes again, and tells every reader about the gap when the new subscription is in force: a
/// reader that looks at the state then misses nothing.
final class SubscriptionHub: PushHandler {
  struct Subscriber {
    let inbox: Inbox
    let topics: Set<Topic>
    /// Not confirmed on this connection. Until all are, nothing is delivered: it would stand before its gap.
    var missing: Set<Topic>
    /// Who waits for the first confirmation.
    var waiter: UnsafeContinuation<RedisError?, Never>?
    /// Confirmed once: from then on a new connection is a gap.
    var established = false
  }

  struct State {
    var subscribers: [UInt64: Subscriber] = [:]
    var nextID: UInt64 = 1
    var connected = false
    /// Topics of SUBSCRIBE and PSUBSCRIBE commands without an answer, in order: an error names none.
    var asked: [Topic] = []
    var pulse = Pulse()
    var cause: RedisError?
    var channel: Channel?
    var closed = false
  }

  let state = Locked(State())
  let options: RedisClientOptions
  private let url: RedisURL
  let mailbox: Mailbox

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
    let connection = state.withLock { state in
      state.connected = true
      state.cause = nil
      state.asked = []
      state.pulse.start()
      var wanted: Set<Topic> = []
      for (id, subscriber) in state.subscribers {
        state.subscribers[id]!.missing = subscriber.topics
        wanted.formUnion(subscriber.topics)
      }
      for topic in wanted.sorted() { subscribe(&state, topic) }
      return state.pulse.connection
    }
    watch(connection)
  }

  func lost(_ error: RedisError, final: Bool) {
    var failed: [UnsafeContinuation<RedisError?, Never>] = []
    state.withLock { state in
      state.connected = false
      state.cause = error
      state.asked = []
      for (id, subscriber) in state.subscribers {
        state.subscribers[id]!.missing = subscriber.topics
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
    case .array(let parts):
      guard let kind = parts.first?.string else { return }
      switch (kind, parts.count) {
      case ("message", 3):
        guard let payload = parts[2].bytes else { return }
        let channel = Self.name(parts[1])
        deliver(Topic(name: channel, isPattern: false), .message(channel: channel, payload: payload))
      case ("pmessage", 4):
        guard let payload = parts[3].bytes else { return }
        let pattern = Self.name(parts[1])
        deliver(
          Topic(name: pattern, isPattern: true),
          .patternMessage(pattern: pattern, channel: Self.name(parts[2]), payload: payload))
      case ("subscribe", 3): confirmed(Topic(name: Self.name(parts[1]), isPattern: false))
      case ("psubscribe", 3): confirmed(Topic(name: Self.name(parts[1]), isPattern: true))
      case ("pong", 2): answered(Self.name(parts[1]))
      default: state.withLock { $0.pulse.felt() }
      }
    case .error(let text): refused(RedisError(serverError: text, command: "SUBSCRIBE", address: url.address))
    default: state.withLock { $0.pulse.felt() }
    }
  }

  private static func name(_ value: RESPValue) -> String { String(decoding: value.bytes ?? [], as: UTF8.self) }

  private func deliver(_ topic: Topic, _ event: RedisSubscriptionEvent) {
    state.withLock { state in
      state.pulse.felt()
      for subscriber in state.subscribers.values where subscriber.missing.isEmpty && subscriber.topics.contains(topic) {
        subscriber.inbox.put(event)
      }
    }
  }

  /// The answer to a PING: `<subscriber>:<number>`, or nothing for one of our own.
  private func answered(_ text: String) {
    let words = text.split(separator: ":")
    state.withLock { state in
      state.pulse.felt()
      guard words.count == 2, let id = UInt64(words[0]), let number = UInt64(words[1]) else { return }
      state.subscribers[id]?.inbox.put(.answered(number))
    }
  }

  private func confirmed(_ topic: Topic) {
    var ready: [UnsafeContinuation<RedisError?, Never>] = []
    state.withLock { state in
      state.pulse.felt()
      if let place = state.asked.firstIndex(of: topic) { state.asked.remove(at: place) }
      for (id, subscriber) in state.subscribers where subscriber.missing.contains(topic) {
        state.subscribers[id]!.missing.remove(topic)
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
      state.pulse.felt()
      guard !state.asked.isEmpty else { return }
      let topic = state.asked.removeFirst()
      for (id, subscriber) in state.subscribers where subscriber.missing.contains(topic) {
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
  func subscribe(_ state: inout State, _ topic: Topic) {
    state.asked.append(topic)
    state.channel?.push(RESPCommand(topic.isPattern ? "PSUBSCRIBE" : "SUBSCRIBE", topic.name).encoded)
  }

  /// Called under the lock, on a live connection.
  func unsubscribe(_ state: inout State, _ topic: Topic) {
    state.channel?.push(RESPCommand(topic.isPattern ? "PUNSUBSCRIBE" : "UNSUBSCRIBE", topic.name).encoded)
  }

  func openChannel() -> Channel { Channel(url, options, mailbox, .pushed(self)) }
}
