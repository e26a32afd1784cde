/// What a subscription knows of its channels: it turns messages and lost connections into messages and exact gaps.
///
/// No message is given twice or out of order by the server, so a number that is not the next one is a gap. What was lost
/// at the end of a broken connection shows no number; so after each new connection the counters are read and, when
/// everything that was under way has arrived, compared.
package struct SubscriptionFeed {
  private struct Standing {
    /// Of the last message that was given or counted as missed.
    var at: ChannelPosition?
    /// A message came since the connection was lost.
    var seen = false
  }

  /// Name on the wire → the caller's name.
  private let channels: [String: String]
  private let patterns: [String: String]
  private var standings: [String: Standing]
  /// Patterns whose gap was not told yet.
  private var due: Set<String> = []
  private var away = true
  private var settled = false
  package var buffer: SubscriptionBuffer
  /// Counts the connections.
  package private(set) var round: UInt64 = 0

  package init(channels: [String: String], patterns: [String: String], buffer: SubscriptionBuffer) {
    self.channels = channels
    self.patterns = patterns
    self.buffer = buffer
    standings = Dictionary(channels.values.map { ($0, Standing()) }) { first, _ in first }
  }

  /// The connection ended; or what it brought was not all kept.
  package mutating func lost() {
    round += 1
    away = true
    for name in standings.keys { standings[name]!.seen = false }
    if settled { due.formUnion(patterns.values) }
  }

  /// A message, as the server names its channel.
  package mutating func message(_ wire: String, _ bytes: [UInt8]) {
    guard let name = channels[wire] else { return }
    let message = RawMessage(bytes, channel: name)
    if message.codec != nil { advance(name, to: message.position) }
    buffer.put(message)
  }

  /// A message that a pattern brought, as the server names both.
  package mutating func message(_ wire: String, _ bytes: [UInt8], by wirePattern: String) {
    let pattern = patterns[wirePattern] ?? wirePattern
    if due.remove(pattern) != nil { buffer.miss(nil, of: pattern, isPattern: true) }
    buffer.put(RawMessage(bytes, channel: ChannelCalls.name(of: wire), pattern: pattern))
  }

  /// Compares with the counters, read after the connection of this round was confirmed.
  ///
  /// To be called when everything has come that was under way when they were read. A name without one: it could not be
  /// read.
  package mutating func settle(_ number: UInt64, _ positions: [String: ChannelPosition]) {
    guard number == round, away else { return }
    away = false
    for name in standings.keys.sorted() where !standings[name]!.seen { compare(name, positions[name]) }
    for pattern in due.sorted() { buffer.miss(nil, of: pattern, isPattern: true) }
    due = []
    settled = true
  }

  private mutating func compare(_ name: String, _ now: ChannelPosition?) {
    let then = standings[name]!.at
    standings[name]!.at = now ?? then
    guard settled else { return }
    guard let then, let now, now.epoch == then.epoch, now.sequence >= then.sequence else {
      return buffer.miss(nil, of: name)
    }
    if now.sequence > then.sequence { buffer.miss(now.sequence - then.sequence, of: name) }
  }

  private mutating func advance(_ name: String, to now: ChannelPosition) {
    let standing = standings[name]!
    if let then = standing.at {
      if now.epoch == then.epoch, now.sequence > then.sequence {
        if now.sequence > then.sequence + 1 { buffer.miss(now.sequence - then.sequence - 1, of: name) }
      } else if now.sequence != 1 || away && !standing.seen {
        buffer.miss(nil, of: name)
      }
      // Else the counter was made anew while we listened, so nothing lies between.
    }
    standings[name] = Standing(at: now, seen: true)
  }
}
