import Foundation
import PythonBridge

extension Probe {
  private struct Growth: Encodable {
    var kind: String
    var calls: Int
    /// What Python's allocator handed out and did not get back.
    var blocks: Int
    var residentKiB: Int
  }

  /// Warms each kind of call up, then counts what Python's allocator and the process grow by over `count` more.
  static func leaks(count: Int, callbacks: String) async throws {
    SwiftExports.export("echo") { try $0[0] }
    SwiftExports.exportAsync("later") { try $0[0] }
    let ten: PythonValue = .dict(
      Dictionary(uniqueKeysWithValues: (0..<10).map { (.string("field\($0)"), .string("value \($0)")) }))
    let rich: [String: PythonValue] = [
      "big": .bigInt("0x10000000000000000"), "nested": [[1, .tuple([.none, 2.5])]], "raw": .bytes([1, 2]),
    ]
    let script = NSTemporaryDirectory() + "leak-\(getpid()).py"
    try "print('x' * 10)\ndef f(): return f\n".write(toFile: script, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: script) }
    typealias Kind = (name: String, every: Int, call: () async throws -> Void)
    let kinds: [Kind] = [
      ("no-op", 1, { try await PythonInterpreter.call("operator", "truth", [1]) }),
      ("dict there and back", 1, { try await PythonInterpreter.call("copy", "copy", [ten]) }),
      ("keywords, nested, big", 1, { try await PythonInterpreter.call("builtins", "dict", keywords: rich) }),
      ("exception", 1, { _ = try? await PythonInterpreter.call("operator", "truediv", [1, 0]) }),
      ("unconvertible result", 1, { _ = try? await PythonInterpreter.call("builtins", "object") }),
      ("unconvertible argument", 1, { _ = try? await PythonInterpreter.call("builtins", "id", [[.bigInt("x")]]) }),
      ("Swift function", 1, { try await PythonInterpreter.call("_redis_patterns_bridge", "call", ["echo", ten]) }),
      ("Swift error", 1, { _ = try? await PythonInterpreter.call("_redis_patterns_bridge", "call", ["echo"]) }),
      (
        "async Swift function", 4, { try await PythonInterpreter.call("_redis_patterns_bridge", "call", ["later", 1]) }
      ),
      ("100 awaited at once", 100, { try await PythonInterpreter.call(file: callbacks, "gather", ["later", 100]) }),
      ("captured script", 20, { _ = try await PythonInterpreter.run(script: script, output: .capture) }),
      // The control: this one keeps a string each time, and the test must see it.
      (
        "control: keeps a string", 1,
        { try await PythonInterpreter.call("sys", "path.append", [.string(UUID().uuidString)]) }
      ),
    ]
    var report: [Growth] = []
    for kind in kinds {
      let calls = max(count / kind.every, 10)
      for _ in 0..<max(calls / 5, 20) { try await kind.call() }
      let before = try await memory()
      for _ in 0..<calls { try await kind.call() }
      let after = try await memory()
      report.append(
        Growth(kind: kind.name, calls: calls, blocks: after.blocks - before.blocks, residentKiB: after.kib - before.kib)
      )
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(report), as: UTF8.self))
  }

  private static func memory() async throws -> (blocks: Int, kib: Int) {
    let blocks = try await PythonInterpreter.perform { python in
      for _ in 0..<3 { try python.call("gc", "collect") }
      return try python.call("sys", "getallocatedblocks").int ?? 0
    }
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
    return (blocks, (Int(pages) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024)
  }
}
