import CPythonSupport
import Dispatch
import Synchronization

/// The doors through which Python enters Swift. C calls them with the GIL held, on any Python thread.
enum PythonCallbacks {
  typealias Arguments = UnsafePointer<PythonObject?>

  /// The values that scripts see as `context` from their first line.
  static let context = Mutex<[String: PythonValue]>([:])

  private static let tasks = Mutex<[Int64: Task<Void, Never>]>([:])

  static let hooks = cps_hooks(
    call: { name, arguments, positional, names in
      PythonCallbacks.call(String(cString: name!), arguments!, positional, names)
    },
    start: { ticket, name, arguments, positional, names in
      PythonCallbacks.start(ticket, String(cString: name!), arguments!, positional, names)
    },
    cancel: { ticket in PythonCallbacks.cancel(ticket) },
    context: { try? PythonValue.dict(PythonCallbacks.contextDictionary()).makeObject("context") },
    closing: { PythonCompletions.shared.close() })

  private static func contextDictionary() -> [PythonValue: PythonValue] {
    context.withLock { values in
      Dictionary(uniqueKeysWithValues: values.map { (.string($0.key), $0.value) })
    }
  }

  private static func call(
    _ name: String, _ arguments: Arguments, _ positional: Int, _ names: PythonObject?
  ) -> PythonObject? {
    guard let (export, values) = prepare(name, arguments, positional, names) else { return nil }
    let scope = CallbackScope(name)
    let lock = cps_gil_drop()
    let outcome: PythonCompletions.Outcome?
    switch export {
    case .sync(let function):
      outcome = CallbackScope.$current.withValue(scope) { outcomeOf { try function(values) } }
      cps_gil_take(lock)
    case .async(let function):
      outcome = wait(for: function, values, scope, lock)
    }
    scope.end()
    switch outcome {
    case .success(let value):
      do throws(PythonConversionError) {
        return try value.makeObject("result")
      } catch {
        raise(CallbackFailure(error))
      }
    case .failure(let failure): raise(failure)
    case nil: break  // a signal handler raised
    }
    return nil
  }

  /// Finds the function and copies its arguments; raises in Python and returns nothing when either fails.
  private static func prepare(
    _ name: String, _ arguments: Arguments, _ positional: Int, _ names: PythonObject?
  ) -> (SwiftExports.Export, PythonArguments)? {
    guard let export = SwiftExports.find(name) else {
      raise(CallbackFailure(kind: "lookup", message: "no Swift function is exported as '\(name)'"))
      return nil
    }
    do throws(PythonConversionError) {
      var values: [PythonValue] = []
      values.reserveCapacity(positional)
      for index in 0..<positional {
        values.append(try PythonValue(arguments[index]!, "arguments[\(index)]"))
      }
      var keywords: [String: PythonValue] = [:]
      if let names {
        for index in 0..<cps_size(names) {
          let key = try PythonValue(cps_tuple_item(names, index), "keyword").string ?? ""
          keywords[key] = try PythonValue(arguments[positional + index]!, key)
        }
      }
      return (export, PythonArguments(values, keywords: keywords))
    } catch {
      raise(CallbackFailure(error))
      return nil
    }
  }

  private static func raise(_ failure: CallbackFailure) {
    cps_raise(failure.kind, failure.type, failure.message)
  }

  private static func outcomeOf(_ body: () throws -> PythonValue) -> PythonCompletions.Outcome {
    do { return .success(try body()) } catch { return .failure(CallbackFailure(error)) }
  }

  private static func outcomeOf(
    _ function: SwiftExports.AsyncFunction, _ values: PythonArguments
  ) async -> PythonCompletions.Outcome {
    do { return .success(try await function(values)) } catch { return .failure(CallbackFailure(error)) }
  }

  private final class Answer: Sendable {
    let outcome = Mutex<PythonCompletions.Outcome?>(nil)
    let isReady = DispatchSemaphore(value: 0)
  }

  /// Blocks this Python thread, never a thread of Swift's pool. Comes back with the GIL; with nothing when a signal
  /// handler raised, which only happens on the process's main thread.
  private static func wait(
    for function: @escaping SwiftExports.AsyncFunction, _ values: PythonArguments, _ scope: CallbackScope,
    _ lock: UnsafeMutableRawPointer?
  ) -> PythonCompletions.Outcome? {
    let answer = Answer()
    let task = CallbackScope.$current.withValue(scope) {
      Task {
        let outcome = await outcomeOf(function, values)
        answer.outcome.withLock { $0 = outcome }
        answer.isReady.signal()
      }
    }
    let isActor = PythonThread.shared.isCurrent
    if isActor { RunningCall.wait(for: task) }
    defer { if isActor { RunningCall.wait(for: nil) } }
    while answer.isReady.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
      cps_gil_take(lock)
      if cps_check_signals() != 0 {
        task.cancel()
        return nil
      }
      _ = cps_gil_drop()
    }
    cps_gil_take(lock)
    return answer.outcome.withLock { $0 }
  }

  private static func start(
    _ ticket: Int64, _ name: String, _ arguments: Arguments, _ positional: Int, _ names: PythonObject?
  ) -> Int32 {
    guard let (export, values) = prepare(name, arguments, positional, names) else { return -1 }
    let scope = CallbackScope(name)
    tasks.withLock { tasks in
      tasks[ticket] = CallbackScope.$current.withValue(scope) {
        Task {
          let outcome: PythonCompletions.Outcome
          switch export {
          case .sync(let function): outcome = outcomeOf { try function(values) }
          case .async(let function): outcome = await outcomeOf(function, values)
          }
          scope.end()
          Self.tasks.withLock { _ = $0.removeValue(forKey: ticket) }
          PythonCompletions.shared.post(.complete(ticket: ticket, outcome))
        }
      }
    }
    return 0
  }

  private static func cancel(_ ticket: Int64) {
    tasks.withLock { $0[ticket] }?.cancel()
  }
}
