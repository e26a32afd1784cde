import PythonBridge
import Testing

/// Packages with C extensions, from the checkout's virtual environment.
@Suite(
  needsPython,
  .enabled(if: checkout.venv != nil, "no virtual environment: set REDIS_PATTERNS_VENV or run scripts/bootstrap"))
struct PackageTests {
  private func has(_ module: String) async throws -> Bool {
    try await evaluate("__import__('importlib.util').util.find_spec('\(module)') is not None") == true
  }

  @Test(arguments: ["hiredis", "orjson"])
  func `a C extension of the environment loads`(module: String) async throws {
    guard try await has(module) else {
      try Test.cancel("\(module) is not installed in \(checkout.venv ?? "")")
    }
    let file = try await evaluate("__import__('\(module)').__file__").string
    #expect(file?.hasPrefix(checkout.venv!) == true)
  }

  @Test func `redis-py parses with hiredis`() async throws {
    guard try await has("hiredis") else { try Test.cancel("hiredis is not installed") }
    let version = try await evaluate("__import__('redis').utils.HIREDIS_AVAILABLE")
    #expect(version == true)
  }
}
