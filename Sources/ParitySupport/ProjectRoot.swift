import Foundation

/// Where the vectors, the examples and the Python package lie: the checkout that this binary was built from.
public enum ProjectRoot {
  /// `REDIS_PATTERNS_ROOT`, else the nearest folder above the executable, else above the working directory, that holds
  /// the vectors, else the checkout in which this file was compiled.
  /// - Throws: `ProjectRootError`, which says where it looked.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment, compiledFrom source: String = #filePath
  ) throws(ProjectRootError) -> URL {
    if let given = environment["REDIS_PATTERNS_ROOT"], !given.isEmpty {
      let root = URL(fileURLWithPath: given).standardizedFileURL
      guard holdsVectors(root) else { throw ProjectRootError(looked: ["REDIS_PATTERNS_ROOT=\(given)"]) }
      return root
    }
    var looked: [String] = []
    for start in [executableFolder, FileManager.default.currentDirectoryPath, folder(of: source)] {
      guard let start else { continue }
      looked.append(start)
      var at = URL(fileURLWithPath: start).standardizedFileURL
      while at.path != "/" {
        if holdsVectors(at) { return at }
        at.deleteLastPathComponent()
      }
    }
    throw ProjectRootError(looked: looked)
  }

  private static var executableFolder: String? { Bundle.main.executableURL?.deletingLastPathComponent().path }

  private static func folder(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  private static func holdsVectors(_ root: URL) -> Bool {
    ["Tests/Conformance", "lua"].allSatisfy {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: root.appending(path: $0).path, isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }
}

/// The checkout was not found.
public struct ProjectRootError: Error, CustomStringConvertible, Sendable {
  /// The places from which the search went upwards.
  public let looked: [String]

  public var description: String {
    "no checkout of redis-patterns (a folder with Tests/Conformance and lua) at or above: "
      + looked.joined(separator: ", ") + ". Set REDIS_PATTERNS_ROOT to it."
  }
}
