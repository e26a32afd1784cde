import CRedisSupport
import RESP

/// The signs of life of the subscriptions' connection. A half-open one gives no other: nobody waits for an answer on it.
struct Pulse {
  /// Counts the connections.
  private(set) var connection: UInt64 = 0
  private var heard: UInt64 = 0
  /// When the PING was sent that is not answered yet.
  private var asked: UInt64?

  enum Finding {
    case alive(nextLook: UInt64)
    case silent(nextLook: UInt64)
    case dead
  }

  mutating func start() {
    connection += 1
    felt()
  }

  mutating func felt() {
    heard = rps_now()
    asked = nil
  }

  /// What to do now; times in nanoseconds.
  mutating func look(pingAfter: UInt64, pongWithin: UInt64) -> Finding {
    let now = rps_now()
    if let asked {
      let due = later(asked, pongWithin)
      return now >= due ? .dead : .alive(nextLook: due - now)
    }
    let due = later(heard, pingAfter)
    if now < due { return .alive(nextLook: due - now) }
    asked = now
    return .silent(nextLook: pongWithin)
  }
}

extension SubscriptionHub {
  /// Asks by PING when the connection is silent, and gives it up when no answer comes; ends with the connection.
  func watch(_ connection: UInt64) {
    Task { [weak self] in
      while let pause = self?.look(connection) {
        guard (try? await Task.sleep(for: .nanoseconds(Int64(clamping: pause)))) != nil else { return }
      }
    }
  }

  /// The time until the next look; nil when there is nothing to look at any more.
  private func look(_ connection: UInt64) -> UInt64? {
    state.withLock { state in
      guard state.connected, !state.closed, state.pulse.connection == connection, let channel = state.channel
      else { return nil }
      switch state.pulse.look(
        pingAfter: options.subscriptionPingAfter.nanoseconds, pongWithin: options.subscriptionPongWithin.nanoseconds)
      {
      case .alive(let pause): return pause
      case .silent(let pause):
        channel.push(RESPCommand("PING", "").encoded)
        return pause
      case .dead:
        mailbox.act { [weak self] loop in self?.giveUp(connection, channel, loop) }
        return nil
      }
    }
  }

  /// On the loop thread.
  private func giveUp(_ connection: UInt64, _ channel: Channel, _ loop: LoopThread) {
    let same = state.withLock { $0.connected && $0.pulse.connection == connection }
    if same {
      channel.lose(channel.failure(.connectionLost, "no answer to PING on the subscriptions' connection"), loop)
    }
  }

  /// A subscriber's own question; its answer goes to its inbox. Where there is no connection a gap is on its way instead.
  func ask(_ id: UInt64, _ number: UInt64) {
    state.withLock { state in
      guard state.connected else { return }
      state.channel?.push(RESPCommand("PING", "\(id):\(number)").encoded)
    }
  }
}
