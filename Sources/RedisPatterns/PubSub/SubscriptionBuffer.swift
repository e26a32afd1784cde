/// What waits for the reader, bounded. Every message that is dropped is counted in a gap that stands in its place.
///
/// `limit` counts messages; of gaps there are few, because they add up.
package struct SubscriptionBuffer {
  /// A channel or a pattern.
  package struct Route: Hashable {
    var name: String
    var isPattern: Bool
  }

  package enum Item: Sendable, Hashable {
    case message(RawMessage)
    case gap(SubscriptionGap)
  }

  private struct Place: Hashable {
    let route: Route
    let channel: String
  }

  /// A gap, a message, or a gap and the message after it.
  private struct Slot {
    let route: Route
    var missed: Int64? = 0
    var cause = SubscriptionGap.Cause.slowReader
    var message: RawMessage?

    mutating func miss(_ count: Int64?, _ cause: SubscriptionGap.Cause) {
      if let missed, let count { self.missed = missed + count } else { missed = nil }
      if cause == .connection { self.cause = cause }
    }

    var gap: SubscriptionGap {
      SubscriptionGap(channel: route.name, isPattern: route.isPattern, missed: missed, cause: cause)
    }
  }

  private let limit: Int
  private let policy: SlowReader
  /// By number; numbers from `first` to `next`, some of which are gone.
  private var slots: [Int: Slot] = [:]
  private var first = 0
  private var next = 0
  private var messages = 0
  /// Gaps before everything that waits, in order.
  private var ahead: [Slot] = []
  /// Gaps that stand behind all messages of their route.
  private var open: [Route: Int] = [:]
  /// For `latestPerChannel`.
  private var waiting: [Place: Int] = [:]
  private var error: PubSubError?
  package private(set) var ended = false
  package private(set) var dropped = 0

  /// Whether `take` has something to give.
  package var hasItems: Bool { !ahead.isEmpty || !slots.isEmpty }

  package init(limit: Int, policy: SlowReader) {
    self.limit = limit
    self.policy = policy
  }

  package mutating func put(_ message: RawMessage) {
    guard !ended else { return }
    let route =
      message.pattern.map { Route(name: $0, isPattern: true) } ?? Route(name: message.channel, isPattern: false)
    let place = Place(route: route, channel: message.channel)
    if let number = waiting[place] { return replace(number, with: message, route) }
    guard messages < limit || makesRoom(route) else { return }
    open[route] = nil
    slots[next] = Slot(route: route, message: message)
    if policy == .latestPerChannel { waiting[place] = next }
    next += 1
    messages += 1
  }

  /// Messages were lost with the connection; nil: it is not known how many, if any.
  package mutating func miss(_ count: Int64?, of name: String, isPattern: Bool = false) {
    if !ended { miss(count, Route(name: name, isPattern: isPattern), .connection) }
  }

  /// Nothing more is accepted; what waits can still be taken.
  package mutating func end(_ error: PubSubError? = nil) {
    guard !ended else { return }
    ended = true
    self.error = error
  }

  /// The next event; nil when there is none now. After the last one it throws what ended the subscription.
  package mutating func take() throws(PubSubError) -> Item? {
    if !ahead.isEmpty { return .gap(ahead.removeFirst().gap) }
    while first < next {
      guard let slot = slots[first] else {
        first += 1
        continue
      }
      if slot.missed != 0 {
        slots[first]!.missed = 0
        if slot.message == nil { _ = removeFirst() }
        return .gap(slot.gap)
      }
      if let message = removeFirst()?.message { return .message(message) }
    }
    if let error { throw error }
    return nil
  }

  /// The first slot, taken out.
  private mutating func removeFirst() -> Slot? {
    while first < next {
      defer { first += 1 }
      guard let slot = slots.removeValue(forKey: first) else { continue }
      if let message = slot.message {
        messages -= 1
        waiting[Place(route: slot.route, channel: message.channel)] = nil
      } else if open[slot.route] == first {
        open[slot.route] = nil
      }
      return slot
    }
    return nil
  }

  private mutating func replace(_ number: Int, with message: RawMessage, _ route: Route) {
    dropped += 1
    slots[number]!.miss(1, .slowReader)
    slots[number]!.message = message
    if let between = open.removeValue(forKey: route), let gap = slots.removeValue(forKey: between) {
      slots[number]!.miss(gap.missed, gap.cause)
    }
  }

  /// Whether there is room for one more now.
  private mutating func makesRoom(_ route: Route) -> Bool {
    switch policy {
    case .disconnect:
      end(PubSubError(.slow, "\(messages) messages wait for the reader"))
      return false
    case .dropNewest:
      dropped += 1
      miss(1, route, .slowReader)
      return false
    case .dropOldest, .latestPerChannel:
      dropped += 1
      dropOldest()
      return true
    }
  }

  private mutating func miss(_ count: Int64?, _ route: Route, _ cause: SubscriptionGap.Cause) {
    let number = open[route] ?? next
    if number == next {
      slots[next] = Slot(route: route)
      open[route] = next
      next += 1
    }
    slots[number]!.miss(count, cause)
  }

  private mutating func dropOldest() {
    while let slot = removeFirst() {
      let place = ahead.firstIndex { $0.route == slot.route } ?? ahead.count
      if place == ahead.count { ahead.append(Slot(route: slot.route)) }
      if slot.missed != 0 { ahead[place].miss(slot.missed, slot.cause) }
      guard slot.message == nil else { return ahead[place].miss(1, .slowReader) }
    }
  }
}
