/// A Swift function that Python is waiting for called Python again. There is one Python thread and it waits for that
/// function, so the call could never begin.
public struct PythonReentrancyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The exported function.
  public let function: String

  public var description: String {
    "the Swift function '\(function)' was called by Python and called Python in turn; "
      + "return to Python first, or hand the value back and let Python make the call"
  }
}
