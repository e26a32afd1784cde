import ArgumentParser
import Dispatch
import Foundation
import Synchronization

/// Runs async work from a synchronous command and waits for it. Ctrl-C and SIGTERM cancel it, let it clean up, and end
/// with 130 and 143; a second one ends at once, after saying what stays behind.
///
/// The root command stays synchronous, because the embedded Python needs the process's main thread for itself.
///
/// - Parameter remains: what a second signal leaves behind, in a sentence; nil for nothing.
func runAsync(remains: String? = nil, _ work: @escaping @Sendable () async throws -> Void) throws {
  let outcome = Mutex<Result<Void, any Error>?>(nil)
  let caught = Mutex<Int32?>(nil)
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
      let again = caught.withLock { first in
        defer { first = first ?? number }
        return first != nil
      }
      if again {
        if let remains { say("redis-patterns: \(remains)") }
        _exit(128 + number)
      }
      task.cancel()
    }
    source.resume()
    return source
  }
  done.wait()
  for source in sources { source.cancel() }

  if let number = caught.withLock({ $0 }) { throw ExitCode(128 + number) }
  try outcome.withLock { $0 }?.get()
}
