import CRedisSupport
import RESP

// How a channel gets its connection, and what happens when it loses it. Loop thread only.
extension Channel {
  /// Gone for good: the loop may forget it.
  var isGone: Bool { wire.pointee.phase == .closed }

  /// Dials, at once or after a pause.
  func reconnect(_ loop: LoopThread) {
    let wire = wire
    guard wire.pointee.transport == nil, wire.pointee.phase != .closed else { return }
    guard wire.pointee.failures == 0 else {
      wire.pointee.phase = .pausing
      wire.pointee.retryAt = later(loop.now, wire.pointee.backoff.pause(after: wire.pointee.failures))
      giveUpWaiting(until: wire.pointee.retryAt, loop)
      return
    }
    dial()
  }

  func dial() {
    let wire = wire
    wire.pointee.phase = .connecting
    wire.pointee.attempt += 1
    let attempt = wire.pointee.attempt
    Connector.start(url, options) { [self] result in
      let delivered = mailbox.act { [self] loop in dialled(result, attempt, loop) }
      if !delivered, case .success(let late) = result { rps_transport_close(late.transport) }
    }
  }

  private func dialled(
    _ result: Result<Connector.Connected, RedisError>, _ attempt: UInt64, _ loop: LoopThread
  ) {
    let wire = wire
    guard wire.pointee.phase == .connecting, wire.pointee.attempt == attempt else {
      if case .success(let late) = result { rps_transport_close(late.transport) }
      return
    }
    switch result {
    case .success(let connected):
      let transport = connected.transport
      rps_transport_set_sink(transport, wire.pointee.sink)
      let status = rps_poller_add(mailbox.poller, rps_transport_descriptor(transport), pollToken)
      guard status == 0 else {
        rps_transport_close(transport)
        return failed(failure(.connect, "the poller refused the socket (errno \(status))", .notExecuted), loop)
      }
      wire.pointee.phase = .ready
      wire.pointee.transport = transport
      wire.pointee.lastReceived = loop.now
      wire.pointee.connectedAt = loop.now
      wire.pointee.answered = false
      wire.pointee.cause = nil
      if case .pushed(let handler) = role {
        // What was meant for the last connection is asked for anew.
        drain(loop)
        wire.pointee.out.reset()
        handler.connected()
      }
      flush(loop)
    case .failure(let error): failed(error, loop)
    }
  }

  private func failed(_ error: RedisError, _ loop: LoopThread) {
    let wire = wire
    wire.pointee.phase = .idle
    wire.pointee.failures += 1
    wire.pointee.cause = error
    if case .leased = role, !error.mayPassByItself { return shutDown(loop, error) }
    if !error.mayPassByItself {
      // Another attempt would end the same way; the next call asks anew. Subscribers cannot, so theirs comes, but late.
      refuseAll(error)
      if !isPushed { return }
      wire.pointee.failures = Backoff.hopeless
    }
    if case .pushed(let handler) = role { handler.lost(error, final: false) }
    if wire.pointee.ring.count > 0 || isWanted { reconnect(loop) }
  }

  /// Ends the connection. What was sent fails as unknown; what was not waits for the next one.
  func lose(_ error: RedisError, _ loop: LoopThread) {
    let wire = wire
    let (calls, bytes) = isPushed ? (0, 0) : wire.pointee.unsent()
    dropTransport()
    let sent = wire.pointee.ring.count - calls
    // The first one is the culprit where there is one; the others were only beside it.
    var reason = error
    for place in 0..<sent {
      var call = wire.pointee.ring.removeFirst()
      wire.pointee.ringBytes -= Int(call.bytes)
      call.finish(.failure(reason))
      if place == 0, error.code != .connectionLost {
        reason = failure(.connectionLost, "the connection was dropped after another call: \(error.message)")
      }
    }
    wire.pointee.finished += sent
    wire.pointee.out.drop(first: wire.pointee.out.count - bytes)
    wire.pointee.taken = 0
    // One that worked for a while deserves an attempt at once; one that did not must not be made in a circle.
    let worked = wire.pointee.answered && loop.now >= later(wire.pointee.connectedAt, 1_000_000_000)
    wire.pointee.failures = worked ? 0 : wire.pointee.failures + 1
    wire.pointee.cause = error
    wire.pointee.phase = .idle
    if case .leased = role { return shutDown(loop, error) }
    let connectBy = later(loop.now, wire.pointee.connectTimeout)
    for place in 0..<calls {
      let call = wire.pointee.ring.base + wire.pointee.ring.index(place)
      call.pointee.connectBy = connectBy
      wire.pointee.earliest = min(wire.pointee.earliest, connectBy)
    }
    removeTombstones()
    tellFinished()
    if case .pushed(let handler) = role { handler.lost(error, final: false) }
    if wire.pointee.ring.count > 0 || isWanted { reconnect(loop) }
  }

  private func dropTransport() {
    let wire = wire
    guard let transport = wire.pointee.transport else { return }
    rps_poller_remove(mailbox.poller, rps_transport_descriptor(transport))
    rps_transport_close(transport)
    wire.pointee.transport = nil
    wire.pointee.wantsWrite = false
    wire.pointee.builder.pointee = ReplyBuilder(wire.pointee.builder.pointee.limits)
  }

  /// Ends the channel for good, with this reason for every later call.
  func shutDown(_ loop: LoopThread, _ error: RedisError) {
    let wire = wire
    guard wire.pointee.phase != .closed else { return }
    let refusal = RedisError(
      error.code, error.message, execution: .notExecuted, address: address, serverCode: error.serverCode)
    queue.take()
    queue.pointee.refusal = refusal
    queue.give()
    let (calls, _) = wire.pointee.unsent()
    let sent = wire.pointee.ring.count - calls
    dropTransport()
    let unknown = RedisError(error.code, error.message, execution: .unknown, address: address)
    for _ in 0..<sent {
      var call = wire.pointee.ring.removeFirst()
      call.finish(.failure(unknown))
    }
    wire.pointee.finished += sent
    wire.pointee.ringBytes = 0
    wire.pointee.phase = .closed
    wire.pointee.cause = refusal
    refuseAll(refusal)
    // What was submitted before the refusal stood there.
    drain(loop)
    if case .pushed(let handler) = role { handler.lost(refusal, final: true) }
  }

  /// Fails every call in the ring; none of them has left.
  func refuseAll(_ error: RedisError) {
    let wire = wire
    wire.pointee.finished += wire.pointee.ring.count
    while wire.pointee.ring.count > 0 {
      var call = wire.pointee.ring.removeFirst()
      call.finish(.failure(error))
    }
    wire.pointee.ringBytes = 0
    wire.pointee.out.reset()
    wire.pointee.taken = 0
    wire.pointee.earliest = .max
    tellFinished()
  }

}

extension RedisError {
  /// Whether a later attempt to connect can succeed without anybody changing a setting.
  var mayPassByItself: Bool {
    switch code {
    case .connect, .connectionLost, .timeout, .loading, .maxClients, .busy, .cluster: true
    default: false
    }
  }
}
