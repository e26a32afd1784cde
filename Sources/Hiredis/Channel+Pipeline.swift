import CRedisSupport
import RESP

extension Channel {
  /// Sends several commands behind one another, with no other caller's between them; the answers stand in their order.
  func callAll<Commands: RandomAccessCollection>(
    _ commands: Commands, timeout: UInt64, _ encode: (Commands.Element, inout OutBuffer) -> Void
  ) async -> [Reply] {
    guard !commands.isEmpty else { return [] }
    let id = ids.wrappingAdd(1, ordering: .relaxed).oldValue
    let replies = await withTaskCancellationHandler {
      await withUnsafeContinuation { (waiter: UnsafeContinuation<[Reply], Never>) in
        if let refusal = submitAll(commands, id: id, timeout: timeout, waiter, encode) {
          waiter.resume(returning: Array(repeating: .failure(refusal), count: commands.count))
        }
      }
    } onCancel: {
      cancel(id)
    }
    rps_take_over()
    return replies
  }

  /// The reason when none of them was accepted.
  private func submitAll<Commands: RandomAccessCollection>(
    _ commands: Commands, id: UInt64, timeout: UInt64, _ waiter: UnsafeContinuation<[Reply], Never>,
    _ encode: (Commands.Element, inout OutBuffer) -> Void
  ) -> RedisError? {
    guard generation == rps_fork_generation() else { return .forked }
    let queue = queue
    queue.take()
    guard !Task.isCancelled, queue.pointee.admits(commands.count) else {
      defer { queue.give() }
      return whyRefused()
    }
    let start = queue.pointee.out.count
    var lengths: [Int] = []
    lengths.reserveCapacity(commands.count)
    for command in commands {
      let before = queue.pointee.out.count
      encode(command, &queue.pointee.out)
      lengths.append(queue.pointee.out.count - before)
    }
    let length = queue.pointee.out.count - start
    guard length <= queue.pointee.mostBytes else {
      queue.pointee.out.count = start
      queue.give()
      return tooLong(length)
    }
    let batch = Batch(count: commands.count, waiter)
    for (place, length) in lengths.enumerated() {
      queue.pointee.calls.append(PendingCall(batch, place: place, id: id, timeout: timeout, bytes: length))
    }
    queue.pointee.outstanding += commands.count
    let announced = queue.pointee.announced
    queue.pointee.announced = true
    queue.give()
    if !announced { announce() }
    return nil
  }
}
