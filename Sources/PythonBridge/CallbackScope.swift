import Synchronization

/// The time in which Python waits for one exported Swift function. It follows the function's task and its children, so
/// that a call back into Python is refused instead of waiting for ever.
final class CallbackScope: Sendable {
  @TaskLocal static var current: CallbackScope?

  let function: String
  private let active = Atomic<Bool>(true)

  init(_ function: String) { self.function = function }

  /// Python has its answer: what the function left running may call Python like anyone.
  func end() { active.store(false, ordering: .releasing) }

  static func refuseReentry() throws(PythonReentrancyError) {
    if let scope = current, scope.active.load(ordering: .acquiring) {
      throw PythonReentrancyError(function: scope.function)
    }
  }
}
