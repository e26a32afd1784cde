import ParitySupport
import RedisPatterns
import TestSupport
import Testing

@Suite struct `Feeds of subscriptions` {
  @Test(arguments: Vector.all("feeds")) func `a feed gives what the vector says`(vector: Vector) throws {
    let content = vector.content
    let channels = content["channels"]?.array?.compactMap(\.string) ?? []
    let patterns = content["patterns"]?.array?.compactMap(\.string) ?? []
    let policy = try #require(SlowReader(rawValue: content["slow_reader"]?.string ?? ""))
    var feed = SubscriptionFeed(
      channels: Dictionary(uniqueKeysWithValues: try channels.map { (try ChannelCalls($0).channel, $0) }),
      patterns: Dictionary(uniqueKeysWithValues: try patterns.map { (try ChannelCalls.pattern($0), $0) }),
      buffer: SubscriptionBuffer(limit: Int(content["limit"]?.int ?? 0), policy: policy))
    var gives: [JSONValue] = []
    for step in content["steps"]?.array ?? [] {
      if let channel = step["message"]?.string, let data = step["data"]?.bytes {
        let wire = try ChannelCalls(channel).channel
        if let pattern = step["pattern"]?.string {
          feed.message(wire, data, by: try ChannelCalls.pattern(pattern))
        } else {
          feed.message(wire, data)
        }
      } else if step["lost"] != nil {
        feed.lost()
      } else if let settled = step["settled"]?.object {
        feed.settle(step["round"]?.int.map(UInt64.init) ?? feed.round, settled.compactMapValues(\.position))
      } else if let count = step["take"]?.int {
        for _ in 0..<count { try #require(take(&feed, &gives)) }
      }
    }
    while take(&feed, &gives) {}
    #expect(gives.map(\.canonical) == content["gives"]?.array?.map(\.canonical))
    #expect(feed.buffer.dropped == content["dropped"]?.int.map(Int.init))
  }

  /// Takes one event, in the words of the vectors; false at the end.
  private func take(_ feed: inout SubscriptionFeed, _ gives: inout [JSONValue]) -> Bool {
    do throws(PubSubError) {
      switch try feed.buffer.take() {
      case .message(let message): gives.append(message.decoded(by: .string).words)
      case .gap(let gap): gives.append(SubscriptionEvent<String>.gap(gap).words)
      case nil: return false
      }
      return true
    } catch {
      gives.append(["ended": .string(error.code.rawValue)])
      return false
    }
  }
}

extension JSONValue {
  fileprivate var position: ChannelPosition? {
    guard let epoch = self["epoch"]?.string.flatMap({ Int64($0) }), let sequence = self["seq"]?.int else { return nil }
    return ChannelPosition(epoch: epoch, sequence: sequence)
  }
}

extension SubscriptionEvent<String> {
  fileprivate var words: JSONValue {
    var words: [String: JSONValue] = [:]
    switch self {
    case .message(let message):
      words = [
        "message": .string(message.channel), "value": .string(message.value), "seq": .int(message.sequence),
        "epoch": .string(String(message.epoch)),
      ]
      words["pattern"] = message.pattern.map(JSONValue.string)
    case .gap(let gap):
      words = [
        "gap": .string(gap.channel), "missed": gap.missed.map(JSONValue.int) ?? .null,
        "cause": .string(gap.cause.rawValue),
      ]
      if gap.isPattern { words["is_pattern"] = true }
    case .undecodable(let message):
      words = ["undecodable": .string(message.channel), "data": JSONValue(bytes: message.payload)]
    }
    return .object(words)
  }
}
