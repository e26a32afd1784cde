import Foundation

/// A program that a test runs: started once, killed when the test forgets it or waits too long.
public final class Program: Sendable {
  public struct Result: Sendable {
    /// As a shell tells it: the exit code, or 128 and the signal's number.
    public let status: Int32
    public let stdout: String
    public let stderr: String

    public var lines: [Substring] { stdout.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  private let process: Process
  private let folder: URL

  /// - Parameter environment: merged into ours; nil removes a variable.
  public init(_ path: String, _ arguments: [String], environment: [String: String?] = [:]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    var merged = ProcessInfo.processInfo.environment
    for (name, value) in environment { merged[name] = value }
    process.environment = merged
    process.standardInput = FileHandle.nullDevice
    // Files and no pipes: nobody has to read while it runs.
    for name in ["stdout", "stderr"] { try Data().write(to: folder.appending(path: name)) }
    process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "stdout"))
    process.standardError = try FileHandle(forWritingTo: folder.appending(path: "stderr"))
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  public var pid: Int32 { process.processIdentifier }
  public var isRunning: Bool { process.isRunning }

  public func signal(_ number: Int32) { kill(pid, number) }

  /// What it has written so far.
  public var stdout: String { text("stdout") }
  public var stderr: String { text("stderr") }

  /// Waits for its end; kills it at the deadline.
  public func wait(_ limit: Duration = .seconds(60)) async throws -> Result {
    let deadline = ContinuousClock.now + limit
    while process.isRunning {
      if ContinuousClock.now > deadline {
        kill(pid, SIGKILL)
        throw ProgramError("\(process.arguments ?? []) did not end within \(limit):\n\(stdout)\n\(stderr)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    let status = process.terminationStatus
    return Result(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status, stdout: stdout, stderr: stderr)
  }

  private func text(_ name: String) -> String {
    (try? Data(contentsOf: folder.appending(path: name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Runs a program to its end.
  public static func run(
    _ path: String, _ arguments: [String], environment: [String: String?] = [:], limit: Duration = .seconds(60)
  ) async throws -> Result {
    try await Program(path, arguments, environment: environment).wait(limit)
  }

  /// The command line of this package, as it was built together with the tests.
  public static func redisPatterns() throws -> String {
    var places = [Bundle.main.bundleURL, Bundle.main.executableURL ?? Bundle.main.bundleURL]
    places += [URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL]
    for place in places {
      var folder = place
      for _ in 0..<5 {
        let candidate = folder.appending(path: "redis-patterns").path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
          return candidate
        }
        folder.deleteLastPathComponent()
      }
    }
    throw ProgramError("the program redis-patterns was not built beside \(places.map(\.path))")
  }
}

/// A program could not be run.
public struct ProgramError: Error, CustomStringConvertible, Sendable {
  public let description: String
  init(_ description: String) { self.description = description }
}
