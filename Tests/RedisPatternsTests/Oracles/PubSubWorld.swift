import Hiredis
import RedisPatterns
import RedisPatternsTesting
import TestSupport

/// The events of one channel against the numbers that were published, from 1 on.
struct Account {
  /// The number up to which each message was given or told as missed.
  var last: Int64 = 0
  /// A gap of unknown size was the last event.
  var openEnd = false
  var given = 0
  var missed: Int64 = 0
  var gaps = 0
  var unknownGaps = 0
  /// Missing, and no gap says so; or out of order.
  var silent: Int64 = 0
  /// Told as missed, and then given.
  var invented: Int64 = 0

  var violations: Int64 { silent + invented }

  mutating func take(_ event: SubscriptionEvent<String>?) {
    switch event {
    case .gap(let gap):
      guard let count = gap.missed else {
        unknownGaps += 1
        openEnd = true
        return
      }
      gaps += 1
      missed += count
      last += count
    case .message(let message): take(message.sequence)
    case .undecodable, nil: break
    }
  }

  mutating func take(_ sequence: Int64) {
    given += 1
    if !openEnd {
      silent += max(sequence - last - 1, 0)
      invented += max(last + 1 - sequence, 0)
    }
    openEnd = false
    last = sequence
  }
}

/// Reads a subscription on a task of its own, so that a test can look at what was read.
struct Reading {
  let account = Box(Account())
  private let task: Task<Void, any Error>

  init(_ subscription: Subscription<StringCodec>, pause: Duration = .zero) {
    task = Task { [account] in
      for try await event in subscription {
        account.update { $0.take(event) }
        if pause > .zero { try await Task.sleep(for: pause) }
      }
    }
  }

  func stop() async {
    task.cancel()
    _ = await task.result
  }
}

/// Publishes without a pause until it is told to stop.
struct Load {
  /// The number of the last message that the server confirmed.
  let published = Box(Int64(0))
  private let task: Task<Void, Never>

  init(_ channel: String, on url: String) throws {
    let redis = try RedisClient(url)
    task = Task { [published] in
      let publisher = Publisher(channel, on: redis, codec: .string)
      while !Task.isCancelled {
        // A server that is away: whether it ran, the next number says.
        if let receipt = try? await publisher.publish("x") { published.value = receipt.sequence }
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
  }

  func stop() async {
    task.cancel()
    await task.value
  }
}
