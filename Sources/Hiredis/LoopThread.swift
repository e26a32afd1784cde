import CRedisSupport

/// One turn after the other: wait, read replies, take what callers submitted, run the tasks that live here, send.
///
/// Everything here runs on the loop thread, but for `init`.
final class LoopThread {
  let mailbox: Mailbox
  var executor: UnownedTaskExecutor?
  private(set) var now = rps_now()
  private var channels: [Channel] = []
  private var unflushed: [Channel] = []
  private var mail = Mailbox.Mail()
  private var stopped = false

  init(_ mailbox: Mailbox) {
    self.mailbox = mailbox
  }

  func run() {
    mailbox.thread.store(rps_thread_id(), ordering: .relaxed)
    withUnsafeTemporaryAllocation(of: rps_event_t.self, capacity: 64) { events in
      while !stopped { turn(events) }
    }
    // What arrived with the order to stop still gets its answer.
    repeat {
      collect()
      for channel in channels { channel.shutDown(self, .clientClosed(channel.address)) }
    } while !mailbox.stopIfEmpty()
  }

  private func turn(_ events: UnsafeMutableBufferPointer<rps_event_t>) {
    let wait = mailbox.maySleep() ? patience() : 0
    let count = rps_poller_wait(mailbox.poller, events.baseAddress!, Int32(events.count), wait)
    now = rps_now()
    for event in events.prefix(Int(count)) {
      // The token is the channel's address; a channel leaves the list only between turns.
      let channel = Unmanaged<Channel>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(event.token))!)
        .takeUnretainedValue()
      if event.readable != 0 { channel.receive(self) }
      if event.writable != 0 { channel.flush(self) }
    }
    collect()
    flush(all: mailbox.local.pointee.isEmpty)
    runJobs()
    for channel in channels where now >= channel.wire.pointee.nextTimer { channel.timeIsUp(self) }
    if channels.contains(where: \.isGone) { channels.removeAll(where: \.isGone) }
  }

  /// Runs what is there, not what comes meanwhile: sockets get their turn.
  private func runJobs() {
    var left = mailbox.local.pointee.count
    guard left > 0, let executor else { return }
    var sinceFlush = 0
    while left > 0 {
      mailbox.local.pointee.removeFirst().runSynchronously(on: executor)
      left &-= 1
      sinceFlush &+= 1
      if sinceFlush == 8, left > 0 {
        // The server works on the first half while we make the second.
        sinceFlush = 0
        collect()
        flush(all: false)
      }
    }
    collect()
    flush(all: true)
  }

  private func collect() {
    mailbox.collect(&mail)
    guard !mail.isEmpty else { return }
    for channel in mail.channels {
      channel.drain(self)
      if !channel.wire.pointee.unflushed {
        channel.wire.pointee.unflushed = true
        unflushed.append(channel)
      }
    }
    for job in mail.jobs { mailbox.local.pointee.append(job) }
    for action in mail.actions { action(self) }
    mail.removeAll()
  }

  private func flush(all: Bool) {
    guard !unflushed.isEmpty else { return }
    var kept = 0
    for place in unflushed.indices {
      let channel = unflushed[place]
      if all || channel.isWorthFlushing {
        channel.wire.pointee.unflushed = false
        channel.flush(self)
      } else {
        unflushed[kept] = channel
        kept += 1
      }
    }
    unflushed.removeLast(unflushed.count - kept)
  }

  /// Milliseconds until the next timer; -1 for ever.
  private func patience() -> Int32 {
    var next = UInt64.max
    for channel in channels { next = min(next, channel.wire.pointee.nextTimer) }
    if next == .max { return -1 }
    return next <= now ? 0 : Int32(clamping: (next - now) / 1_000_000 + 1)
  }

  func add(_ channel: Channel) { channels.append(channel) }

  func stop() { stopped = true }
}
