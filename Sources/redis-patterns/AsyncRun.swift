import ArgumentParser
import Dispatch
import Foundation
import Synchronization

/// Runs async work from a synchronous command and waits for it; Ctrl-C cancels it, lets it clean up, and ends with 130.
///
/// The root command stays synchronous, because the embedded Python needs the process's main thread for itself.
func runAsync(_ work: @escaping @Sendable () async throws -> Void) throws {
  let outcome = Mutex<Result<Void, any Error>?>(nil)
  let interrupted = Mutex(false)
  let done = DispatchSemaphore(value: 0)

  let task = Task {
    let result: Result<Void, any Error>
    do { result = .success(try await work()) } catch { result = .failure(error) }
    outcome.withLock { $0 = result }
    done.signal()
  }

  let sources = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      let again = interrupted.withLock { flag in
        defer { flag = true }
        return flag
      }
      if again { _exit(130) }
      task.cancel()
    }
    source.resume()
    return source
  }
  done.wait()
  for source in sources { source.cancel() }

  if interrupted.withLock({ $0 }) { throw ExitCode.interrupted }
  try outcome.withLock { $0 }?.get()
}
