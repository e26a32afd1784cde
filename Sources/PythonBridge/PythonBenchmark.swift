import CPythonSupport

/// The floors that the bridge's own costs are compared with. For this package's benchmark only.
package enum PythonBenchmark {
  /// Nanoseconds per call of a Python function that does nothing, by C alone, with the lock held.
  @PythonActor
  package static func rawCall(_ module: String, _ function: String, count: Int) throws -> Double {
    let callable = try PythonRuntime.lookUp(module, function)
    defer { cps_release(callable) }
    let total = cps_time_calls(callable, Int64(count))
    guard total >= 0 else { throw PythonRuntime.takeError() }
    return Double(total) / Double(count)
  }

  /// Nanoseconds for a foreign thread to enter and leave Python by `PyGILState_Ensure`, on the caller's thread: what a
  /// bridge without a thread of its own would pay.
  package static func enterAndLeave(count: Int) -> Double {
    Double(cps_time_gil_state(Int64(count))) / Double(count)
  }
}
