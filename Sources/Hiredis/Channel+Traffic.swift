import CRedisSupport
import RESP

// The loop's side of a channel: commands out, replies in. Loop thread only.
extension Channel {
  /// Takes over what callers submitted and cancelled.
  func drain(_ loop: LoopThread) {
    let wire = wire
    let queue = queue
    queue.take()
    queue.pointee.announced = false
    let first = wire.pointee.ring.count
    let count = queue.pointee.calls.count
    if wire.pointee.out.count == 0 {
      swap(&wire.pointee.out, &queue.pointee.out)
    } else {
      wire.pointee.out.append(UnsafeBufferPointer(start: queue.pointee.out.base, count: queue.pointee.out.count))
      queue.pointee.out.reset()
    }
    if first == 0 {
      swap(&wire.pointee.ring, &queue.pointee.calls)
    } else {
      for place in 0..<count { wire.pointee.ring.append(queue.pointee.calls[place]) }
      queue.pointee.calls.removeAll()
    }
    var cancelled: [UInt64] = []
    if !queue.pointee.cancelled.isEmpty { swap(&cancelled, &queue.pointee.cancelled) }
    queue.pointee.outstanding &-= wire.pointee.finished
    wire.pointee.finished = 0
    queue.pointee.backlog = wire.pointee.out.count &- wire.pointee.taken
    queue.give()

    accept(first..<first + count, loop.now)
    if !cancelled.isEmpty {
      let cancelled = Set(cancelled)
      cancel(loop) { $0.place != PendingCall.watched && cancelled.contains($0.id) }
    }
    switch wire.pointee.phase {
    case .idle:
      if wire.pointee.ring.count > 0 || isWanted { reconnect(loop) }
    case .closed: refuseAll(wire.pointee.cause ?? .clientClosed(address))
    default: break
    }
  }

  /// Relative times become absolute, and lengths are added up.
  private func accept(_ places: Range<Int>, _ now: UInt64) {
    guard !places.isEmpty else { return }
    let wire = wire
    let connectBy = wire.pointee.phase == .ready ? UInt64.max : later(now, wire.pointee.connectTimeout)
    var earliest = wire.pointee.earliest
    var bytes = 0
    for place in places {
      let call = wire.pointee.ring.base + wire.pointee.ring.index(place)
      call.pointee.deadline = later(now, call.pointee.deadline)
      call.pointee.connectBy = connectBy
      earliest = min(earliest, call.pointee.deadline, connectBy)
      bytes &+= Int(call.pointee.bytes)
    }
    wire.pointee.earliest = earliest
    wire.pointee.ringBytes &+= bytes
    if wire.pointee.nextWatch == .max, watchesTasks { wire.pointee.nextWatch = later(now, Wire.shortestWatch) }
    // A connection that was idle cannot have stalled meanwhile.
    if places.lowerBound == 0 { wire.pointee.lastReceived = now }
  }

  /// Whether enough waits to be sent that the server should have it before we go on.
  var isWorthFlushing: Bool {
    let unsent = wire.pointee.out.count &- wire.pointee.taken
    guard unsent > 0, wire.pointee.ring.count >= 8 else { return false }
    // By bytes instead of calls: a sixth of what is under way, at least eight average commands. With fewer the sends cost
    // more than they gain; with more the server waits for us, and we for it.
    return unsent &* 6 >= wire.pointee.ringBytes && unsent &* wire.pointee.ring.count >= 8 &* wire.pointee.ringBytes
  }

  /// Sends what can be sent.
  func flush(_ loop: LoopThread) {
    let wire = wire
    guard wire.pointee.phase == .ready, let transport = wire.pointee.transport else { return }
    while true {
      let left = wire.pointee.out.count &- wire.pointee.taken
      if left == 0, rps_transport_unsent(transport) == 0 { break }
      var taken: Int64 = 0
      let status = rps_transport_send(transport, wire.pointee.out.base + wire.pointee.taken, left, &taken)
      wire.pointee.taken &+= Int(taken)
      guard status == 0 else { return lose(lossOf(transport), loop) }
      if rps_transport_unsent(transport) > 0 {
        wantWrite(true, transport)
        // What the server has had for certain need not be kept.
        if wire.pointee.taken > 1 << 20 {
          let gone = wire.pointee.taken - Int(rps_transport_unsent(transport))
          wire.pointee.out.drop(first: gone)
          wire.pointee.taken -= gone
        }
        return
      }
    }
    wire.pointee.out.reset()
    wire.pointee.taken = 0
    if wire.pointee.wantsWrite { wantWrite(false, transport) }
  }

  private func wantWrite(_ wanted: Bool, _ transport: OpaquePointer) {
    guard wire.pointee.wantsWrite != wanted else { return }
    wire.pointee.wantsWrite = wanted
    _ = rps_poller_want_write(
      mailbox.poller, rps_transport_descriptor(transport), pollToken, wanted ? 1 : 0)
  }

  /// Reads what is there, and hands out the replies in it.
  func receive(_ loop: LoopThread) {
    let wire = wire
    guard wire.pointee.phase == .ready, let transport = wire.pointee.transport else { return }
    // A bound for fairness; the poller tells again about what is left.
    for _ in 0..<64 {
      let got = rps_transport_receive(transport)
      if got < 0 { return lose(lossOf(transport), loop) }
      if got == 0 { break }
      wire.pointee.lastReceived = loop.now
      wire.pointee.answered = true
      guard handOut(transport, loop) else { return }
      if got < 16_384 { break }
    }
    tellFinished()
  }

  /// False when the connection was lost over it.
  private func handOut(_ transport: OpaquePointer, _ loop: LoopThread) -> Bool {
    let wire = wire
    let builder = wire.pointee.builder
    while true {
      switch Int(rps_transport_parse(transport, builder.pointee.room)) {
      case RPS_REPLY_COMPLETE:
        let value = builder.pointee.take()
        if case .pushed(let handler) = role {
          handler.received(value)
          continue
        }
        // A reply before its command has left is nobody's.
        guard wire.pointee.ring.count > 0, isFirstSent else {
          lose(failure(.protocol, "a reply arrived that nobody asked for"), loop)
          return false
        }
        var call = wire.pointee.ring.removeFirst()
        wire.pointee.ringBytes &-= Int(call.bytes)
        wire.pointee.finished &+= 1
        // Whoever has the last answer may give the connection back at once: it must count as idle by then.
        if case .leased = role { tellFinished() }
        call.finish(.success(value))
      case RPS_REPLY_PARTIAL: return true
      case RPS_REPLY_REFUSED:
        let reason = builder.pointee.refusal ?? "the reply is larger than the limits allow"
        lose(failure(.limit, reason), loop)
        return false
      default:
        lose(failure(.protocol, String(cString: rps_transport_reason(transport))), loop)
        return false
      }
    }
  }

  private var isFirstSent: Bool {
    // Nearly always all is sent, and the question costs nothing.
    if wire.pointee.out.count == 0 { return true }
    return wire.pointee.ringBytes - Int(wire.pointee.ring[0].bytes) >= wire.pointee.unwritten
  }

  /// Tells the submit queue how many calls are counted off, so that others may enter.
  func tellFinished() {
    guard wire.pointee.finished > 0 else { return }
    queue.take()
    queue.pointee.outstanding &-= wire.pointee.finished
    queue.pointee.backlog = wire.pointee.out.count &- wire.pointee.taken
    queue.give()
    wire.pointee.finished = 0
  }

  var isPushed: Bool { if case .pushed = role { true } else { false } }

  /// A connection for pushed messages that somebody listens to.
  var isWanted: Bool { if case .pushed(let handler) = role { handler.wantsConnection } else { false } }

  var pollToken: UInt64 { UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())) }

  func lossOf(_ transport: OpaquePointer) -> RedisError {
    failure(.connectionLost, String(cString: rps_transport_reason(transport)))
  }

  func failure(
    _ code: RedisError.Code, _ message: String, _ execution: RedisError.Execution = .unknown
  ) -> RedisError {
    RedisError(code, message, execution: execution, address: address)
  }
}
