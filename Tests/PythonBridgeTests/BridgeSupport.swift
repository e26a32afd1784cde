import PythonBridge
import Testing

/// The source tree that these tests stand in.
let checkout = PythonCheckout.find(near: [#filePath])!

/// A condition for tests that need Python: without its headers they are skipped, and the reason stands in the report.
let needsPython: any SuiteTrait = .enabled(
  if: PythonInterpreter.isAvailable, Comment(rawValue: PythonInterpreter.unavailableReason ?? ""))

/// Starts Python the one way that all tests of this process share.
func startPython() async throws {
  try await PythonInterpreter.start(checkout.configuration)
}

/// Evaluates an expression in Python.
func evaluate(_ expression: String) async throws -> PythonValue {
  try await startPython()
  return try await PythonInterpreter.call(file: "\(fixtures)/evaluate.py", "evaluate", [.string(expression)])
}

let fixtures = checkout.root + "/Tests/PythonBridgeTests/Fixtures"
