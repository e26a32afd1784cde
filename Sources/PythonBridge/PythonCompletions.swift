import CPythonSupport
import Dispatch
import Synchronization

/// What an exported function ended with, on its way to Python.
struct CallbackFailure: Error {
  var kind: String
  var type = ""
  var message: String

  init(_ error: any Error) {
    message = String(describing: error)
    switch error {
    case is PythonConversionError: kind = "type"
    case is CancellationError:
      kind = "cancelled"
      message = "the Swift function was cancelled"
    default:
      kind = "swift"
      type = String(describing: Swift.type(of: error))
    }
  }

  init(kind: String, message: String) {
    self.kind = kind
    self.message = message
  }
}

/// A second thread that knows Python: it hands results to event loops and interrupts the first, which is busy meanwhile.
final class PythonCompletions: Sendable {
  static let shared = PythonCompletions()

  typealias Outcome = Result<PythonValue, CallbackFailure>

  enum Work: Sendable {
    case complete(ticket: Int64, Outcome)
    /// Interrupts the call of this number, if it still runs.
    case interrupt(UInt64)
  }

  private struct State {
    var work: [Work] = []
    var isWaiting = false
    var isStarted = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  /// Held while the thread is inside Python; `true` once Python is about to end, and nobody may enter any more.
  private let gate = Mutex(false)

  private init() {}

  func post(_ work: Work) {
    let (wakes, starts) = state.withLock { state in
      state.work.append(work)
      let starts = !state.isStarted
      state.isStarted = true
      let wakes = state.isWaiting
      state.isWaiting = false
      return (wakes, starts)
    }
    if starts {
      let failure = cps_thread_start("python-results", 1 << 20) { PythonCompletions.shared.run() }
      precondition(failure == 0, "no thread for Python's results: error \(failure)")
    } else if wakes {
      wake.signal()
    }
  }

  /// Waits until the thread is outside Python and keeps it there. Without the GIL.
  func close() { gate.withLock { $0 = true } }

  private func run() {
    var lock: UnsafeMutableRawPointer?
    var batch: [Work] = []
    while true {
      state.withLock { state in
        swap(&batch, &state.work)
        state.isWaiting = batch.isEmpty
      }
      if batch.isEmpty {
        wake.wait()
        continue
      }
      gate.withLock { isClosed in
        if isClosed { return }
        if let lock { cps_gil_take(lock) } else { cps_gil_adopt() }
        perform(batch)
        lock = cps_gil_drop()
      }
      batch.removeAll(keepingCapacity: true)
    }
  }

  private func perform(_ batch: [Work]) {
    guard let results = cps_list(0) else { return }
    defer { cps_release(results) }
    var count = 0
    for work in batch {
      switch work {
      case .interrupt(let number): RunningCall.interrupt(number)
      case .complete(let ticket, let outcome):
        guard let entry = Self.entry(ticket, outcome) else { continue }
        defer { cps_release(entry) }
        if cps_list_append(results, entry) == 0 { count += 1 } else { cps_release(cps_take_error()) }
      }
    }
    guard count > 0, let complete = cps_bridge("_complete") else { return }
    defer { cps_release(complete) }
    let arguments: [PythonObject?] = [results]
    cps_release(cps_call(complete, arguments, 1, nil))
    cps_release(cps_take_error())
  }

  /// `(ticket, failure or None, value)`.
  private static func entry(_ ticket: Int64, _ outcome: Outcome) -> PythonObject? {
    var outcome = outcome
    if case .success(let value) = outcome {
      do throws(PythonConversionError) {
        let object = try value.makeObject("result")
        let tuple = cps_tuple(3)
        cps_tuple_put(tuple, 0, cps_int(ticket))
        cps_tuple_put(tuple, 1, cps_none())
        cps_tuple_put(tuple, 2, object)
        return tuple
      } catch {
        outcome = .failure(CallbackFailure(error))
      }
    }
    guard case .failure(let failure) = outcome else { return nil }
    let words: PythonValue = .tuple([.string(failure.kind), .string(failure.type), .string(failure.message)])
    return try? PythonValue.tuple([.int(Int(ticket)), words, .none]).makeObject()
  }
}
