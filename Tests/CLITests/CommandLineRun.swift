import Foundation
import TestSupport

/// The built command line, in a temporary folder of its own, so that what it leaves behind can be seen.
final class CommandLineRun {
  let folder: URL

  init() throws {
    // Short: a socket's path has about a hundred bytes.
    folder = URL(fileURLWithPath: "/tmp/rpcli-\(String(UInt32.random(in: 0 ... .max), radix: 36))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func start(_ arguments: String..., environment: [String: String?] = [:]) throws -> Program {
    try start(arguments, environment)
  }

  func run(_ arguments: String..., environment: [String: String?] = [:]) async throws -> Program.Result {
    try await start(arguments, environment).wait()
  }

  private func start(_ arguments: [String], _ more: [String: String?]) throws -> Program {
    var environment: [String: String?] = [
      "TMPDIR": folder.path, "NO_COLOR": nil, "FORCE_COLOR": nil, "COLUMNS": nil,
    ]
    environment.merge(more) { $1 }
    return try Program(Program.redisPatterns(), arguments, environment: environment)
  }

  /// Files in the folder, and processes whose command line names it.
  var leftovers: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files + processes()
  }

  private func processes() -> [String] {
    let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return ids.filter { Int32($0) != nil }.compactMap { id in
      guard let bytes = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return nil }
      let line = String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
      return line.contains(folder.path) ? "\(id): \(line)" : nil
    }
  }
}
