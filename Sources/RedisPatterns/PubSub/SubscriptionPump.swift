import RESP

/// Carries what a client's subscription brings to the core, and reads the counters after each new connection.
struct SubscriptionPump: Sendable {
  let redis: any RedisExecutor
  let subscription: RedisSubscription
  let core: SubscriptionCore
  /// By the caller's name of the channel.
  let questions: [String: ScriptCall]

  func run() async {
    var asking = Task { await ask(0) }
    for await event in subscription {
      switch event {
      case .message(let channel, let payload): core.take(channel, payload)
      case .patternMessage(let pattern, let channel, let payload): core.take(channel, payload, by: pattern)
      case .gap:
        let round = core.lost()
        asking.cancel()
        asking = Task { await ask(round) }
      case .answered(let round): core.settle(round)
      }
      if core.isEnded { break }
    }
    asking.cancel()
    core.end(PubSubError(.ended, "the client was closed, or the server refused to renew the subscription"))
    core.open(RedisError(.closed, "the subscription ended", execution: .unknown, command: "SUBSCRIBE"))
  }

  private func ask(_ round: UInt64) async {
    var positions: [String: ChannelPosition] = [:]
    for (name, question) in questions {
      do throws(RedisError) {
        positions[name] = try await position(question)
      } catch {
        guard core.isOpen else { return core.open(error) }
      }
      if Task.isCancelled { return }
    }
    core.keep(positions, of: round)
    // What was published before has come when the answer to this comes.
    if !subscription.ask(round) { core.settle(round) }
  }

  private func position(_ question: ScriptCall) async throws(RedisError) -> ChannelPosition {
    var left = 3
    while true {
      do throws(RedisError) {
        return try ChannelCalls.position(try await redis.run(question))
      } catch {
        guard error.isPassing, left > 0, !Task.isCancelled else { throw error }
      }
      left -= 1
      try? await Task.sleep(for: .milliseconds(200))
    }
  }
}

extension RedisError {
  /// A later attempt may succeed without anybody changing a setting.
  fileprivate var isPassing: Bool {
    switch code {
    case .connect, .connectionLost, .timeout, .loading, .maxClients, .busy, .cluster, .overloaded: true
    default: false
    }
  }
}
