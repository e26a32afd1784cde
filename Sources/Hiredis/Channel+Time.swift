import CRedisSupport
import RESP

// Deadlines and cancellations. The one who waited leaves a tombstone, so that every answer still finds its own call.
// Loop thread only.
extension Channel {
  /// A deadline or the end of a pause has come.
  func timeIsUp(_ loop: LoopThread) {
    let wire = wire
    if wire.pointee.phase == .pausing, loop.now >= wire.pointee.retryAt { dial() }
    if loop.now >= wire.pointee.nextWatch { watch(loop) }
    guard loop.now >= wire.pointee.earliest else { return }
    expire(loop)
  }

  private func expire(_ loop: LoopThread) {
    let wire = wire
    let now = loop.now
    let firstHeld = wire.pointee.ring.count - wire.pointee.held().calls
    let connected = wire.pointee.phase == .ready
    var earliest = UInt64.max
    var expired = 0
    for place in 0..<wire.pointee.ring.count {
      let call = wire.pointee.ring.base + wire.pointee.ring.index(place)
      guard call.pointee.target != nil else { continue }
      let limit = connected ? call.pointee.deadline : min(call.pointee.deadline, call.pointee.connectBy)
      guard limit <= now else {
        earliest = min(earliest, limit)
        continue
      }
      expired += 1
      if connected || call.pointee.deadline <= now && wire.pointee.cause == nil {
        call.pointee.finish(
          .failure(failure(.timeout, "no answer in time", place < firstHeld ? .unknown : .notExecuted)))
      } else {
        call.pointee.finish(.failure(noConnection()))
      }
    }
    wire.pointee.earliest = earliest
    guard expired > 0 else { return }
    removeTombstones()
    if case .leased = role, connected {
      return lose(failure(.connectionLost, "a call on this connection was not answered in time"), loop)
    }
    dropIfStalled(loop)
  }

  private func noConnection() -> RedisError {
    guard let cause = wire.pointee.cause else {
      return failure(.connect, "no connection in time", .notExecuted)
    }
    return RedisError(
      cause.code == .connectionLost ? .connect : cause.code, cause.message, execution: .notExecuted,
      address: address, serverCode: cause.serverCode)
  }

  /// A server that owes an answer to nobody but tombstones, and has said nothing for long, is taken for lost.
  private func dropIfStalled(_ loop: LoopThread) {
    let wire = wire
    guard wire.pointee.phase == .ready, wire.pointee.ring.count > 0, wire.pointee.ring[0].target == nil,
      loop.now >= later(wire.pointee.lastReceived, wire.pointee.stallLimit)
    else { return }
    lose(failure(.connectionLost, "the server has not answered for too long"), loop)
  }

  /// Fails those who cannot live until the next attempt to connect, rather than later.
  func giveUpWaiting(until next: UInt64, _ loop: LoopThread) {
    let wire = wire
    var failed = 0
    for place in 0..<wire.pointee.ring.count {
      let call = wire.pointee.ring.base + wire.pointee.ring.index(place)
      guard call.pointee.target != nil, call.pointee.connectBy <= next else { continue }
      call.pointee.finish(.failure(noConnection()))
      failed += 1
    }
    guard failed > 0 else { return }
    removeTombstones()
    if wire.pointee.ring.count == 0, !isPushed { wire.pointee.phase = .idle }
  }

  /// Asks the tasks that wait whether they were cancelled.
  private func watch(_ loop: LoopThread) {
    let wire = wire
    for place in 0..<wire.pointee.ring.count where wire.pointee.ring[place].isWatchedAndCancelled {
      cancel(loop, where: \.isWatchedAndCancelled)
      break
    }
    let interval = loop.now &- wire.pointee.watchedAt
    wire.pointee.planWatch(loop.now, heard: loop.now &- wire.pointee.lastReceived <= interval)
    wire.pointee.watchedAt = loop.now
  }

  /// Ends the calls that are cancelled; their answers, if any come, are counted off.
  func cancel(_ loop: LoopThread, where isCancelled: (PendingCall) -> Bool) {
    let wire = wire
    guard wire.pointee.ring.count > 0 else { return }
    let firstHeld = wire.pointee.ring.count - wire.pointee.held().calls
    var found = 0
    for place in 0..<wire.pointee.ring.count {
      let call = wire.pointee.ring.base + wire.pointee.ring.index(place)
      guard call.pointee.target != nil, isCancelled(call.pointee) else { continue }
      found += 1
      call.pointee.finish(
        .failure(
          failure(
            .cancelled, "the task was cancelled while it waited for the answer",
            place < firstHeld ? .unknown : .notExecuted)))
    }
    guard found > 0 else { return }
    removeTombstones()
    if case .leased = role, wire.pointee.phase == .ready, wire.pointee.ring.count > 0 {
      // The server may be blocked in this call, and would act on it later.
      lose(failure(.connectionLost, "a call on this connection was cancelled"), loop)
    }
  }

  /// Takes unsent commands that nobody waits for out of the queue: what failed as not executed must never be sent.
  func removeTombstones() {
    let wire = wire
    let (calls, bytes) = wire.pointee.held()
    guard calls > 0 else { return }
    let total = wire.pointee.ring.count
    let first = total - calls
    var from = wire.pointee.out.count - bytes
    var to = from
    var kept = first
    for place in first..<total {
      let call = wire.pointee.ring[place]
      let length = Int(call.bytes)
      if call.target != nil {
        if to != from { (wire.pointee.out.base + to).update(from: wire.pointee.out.base + from, count: length) }
        wire.pointee.ring[kept] = call
        kept += 1
        to += length
      } else {
        wire.pointee.ringBytes -= length
      }
      from += length
    }
    wire.pointee.out.count = to
    wire.pointee.ring.count = kept
    wire.pointee.finished += total - kept
    tellFinished()
  }
}
