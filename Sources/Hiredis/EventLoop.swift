import CRedisSupport

/// The thread that does all input and output of one client, as an executor that tasks may prefer.
///
/// Work that blocks is forbidden on it: while it blocks, no reply of this client arrives.
final class EventLoop: TaskExecutor {
  let mailbox: Mailbox
  private let generation = rps_fork_generation()

  init() throws(SystemFailure) {
    mailbox = try Mailbox()
    let thread = LoopThread(mailbox)
    let boxed = Unmanaged.passRetained(thread)
    let status = rps_thread_start(
      "redis-loop", { Unmanaged<LoopThread>.fromOpaque($0).takeRetainedValue().run() }, boxed.toOpaque())
    guard status == 0 else {
      boxed.release()
      throw SystemFailure(errno: status)
    }
    thread.executor = asUnownedTaskExecutor()
  }

  deinit {
    // In a forked child the thread is not there, and a lock may be held for ever.
    if generation == rps_fork_generation() { mailbox.act { $0.stop() } }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    mailbox.enqueue(UnownedJob(job))
  }

  func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }
}
