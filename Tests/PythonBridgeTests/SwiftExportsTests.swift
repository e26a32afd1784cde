import Foundation
import PythonBridge
import Synchronization
import Testing

@Suite(needsPython)
struct SwiftExportsTests {
  struct Broken: Error, CustomStringConvertible {
    var description: String { "the wheel is off" }
  }

  /// Names are the process's: every test takes its own.
  private let name = "test.\(UUID())"

  @discardableResult
  private func python(_ function: String, _ arguments: PythonValue...) async throws -> PythonValue {
    try await startPython()
    return try await PythonInterpreter.call(file: "\(fixtures)/callbacks.py", function, arguments)
  }

  @Test func `Python calls a Swift function with any arguments`() async throws {
    SwiftExports.export(name) { .list($0.positional + [$0.keywords["k"] ?? .none]) }
    let result = try await python("forward", .string(name), [1, "a", [.none]], ["k": .bytes([1])])
    #expect(result == [1, "a", [.none], .bytes([1])])
  }

  @Test func `Python waits for an async Swift function`() async throws {
    SwiftExports.exportAsync(name) { arguments in
      await Task.yield()
      return .int(try arguments.int(0) * 2)
    }
    #expect(try await python("forward", .string(name), [21], [:]) == 42)
  }

  @Test func `a Swift error is a SwiftError with type and text`() async throws {
    SwiftExports.export(name) { _ in throw Broken() }
    let words = try await python("failure", .string(name))
    #expect(words == ["SwiftError", "Broken", "Broken: the wheel is off", "True"])
    SwiftExports.exportAsync(name) { _ in throw Broken() }
    #expect(try await python("failure", .string(name)) == words)
    #expect(try await python("awaited_failure", .string(name)) == ["SwiftError", "Broken: the wheel is off"])
  }

  @Test func `an unknown name is a LookupError`() async throws {
    let words = try await python("failure", .string(name)).elements
    #expect(words?[0] == "LookupError")
    #expect(words?[2] == .string("no Swift function is exported as '\(name)'"))
    let awaited = try await python("awaited_failure", .string(name)).elements
    #expect(awaited?[0] == "LookupError")
  }

  @Test func `a wrong argument is a TypeError that names it`() async throws {
    SwiftExports.export(name) { .int(try $0.int(0)) }
    let words = try await python("failure", .string(name), "text").elements
    #expect(words?[0] == "TypeError")
    #expect(words?[2] == "arguments[0]: is a str, not a int of 64 bits")
    let text = try await python("unconvertible", .string(name)).string
    #expect(text?.hasPrefix("arguments[0][0]: a object cannot cross to Swift") == true)
  }

  @Test(.timeLimit(.minutes(1)))
  func `twenty awaited calls run side by side`() async throws {
    let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
    SwiftExports.exportAsync(name) { arguments in
      // Nobody goes on before all twenty are here: one after another they would wait for ever.
      await withCheckedContinuation { continuation in
        let all = waiting.withLock { waiting in
          waiting.append(continuation)
          return waiting.count == 20 ? waiting : []
        }
        for continuation in all { continuation.resume() }
      }
      return try arguments[0]
    }
    let result = try await python("gather", .string(name), 20)
    #expect(result == .list((0..<20).map { .int($0) }))
  }

  @Test func `an await that times out cancels the Swift task`() async throws {
    let (ended, end) = AsyncStream.makeStream(of: Bool.self)
    SwiftExports.exportAsync(name) { _ in
      try? await Task.sleep(for: .seconds(20))
      end.yield(Task.isCancelled)
      return .none
    }
    #expect(try await python("timeout", .string(name), 0.05) == "timed out")
    #expect(await ended.first { _ in true } == true)
  }

  @Test func `a loop that ends before its Swift task does no harm`() async throws {
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    SwiftExports.exportAsync(name) { _ in
      try? await Task.sleep(for: .seconds(20))
      end.yield()
      return .none
    }
    #expect(try await python("abandoned", .string(name)) == "left")
    await ended.first { _ in true }
    #expect(try await evaluate("1") == 1)
  }

  @Test func `Python's own threads call Swift too`() async throws {
    SwiftExports.export(name) { try $0[0] }
    #expect(try await python("threads", .string(name), 8) == .list(Array(repeating: 1, count: 8)))
    SwiftExports.exportAsync(name) { try $0[0] }
    #expect(try await python("threads", .string(name), 8) == .list(Array(repeating: 1, count: 8)))
  }

  @Test(.timeLimit(.minutes(1)))
  func `a call back into Python is an error, not a deadlock`() async throws {
    SwiftExports.exportAsync(name) { _ in try await PythonInterpreter.call("os", "getpid") }
    let result = try await python("timed", "failure", .string(name)).elements ?? []
    #expect(result[0].elements?[1] == "PythonReentrancyError")
    #expect(result[1].double! < 1)
    let awaited = try await python("awaited_failure", .string(name)).elements
    #expect(awaited?[1].string?.contains("'\(name)' was called by Python and called Python in turn") == true)
    // A child task of the function, and a run of a script, are refused as well.
    SwiftExports.exportAsync(name) { _ in
      async let child = PythonInterpreter.run(script: "/no/such/file.py")
      return .int(Int(try await child.exitCode))
    }
    let child = try await python("failure", .string(name)).elements
    #expect(child?[1] == "PythonReentrancyError")
  }

  @Test func `what a Swift function leaves running may call Python later`() async throws {
    let (results, result) = AsyncStream.makeStream(of: PythonValue.self)
    SwiftExports.export(name) { _ in
      Task {
        // Until Python has its answer, the call is refused.
        while true {
          if let value = try? await PythonInterpreter.call("operator", "add", [40, 2]) {
            result.yield(value)
            return
          }
          await Task.yield()
        }
      }
      return .none
    }
    try await python("forward", .string(name), [], [:])
    #expect(await results.first { _ in true } == 42)
  }
}
