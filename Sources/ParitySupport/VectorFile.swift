import Foundation

/// One file of vectors: cases of one kind for one pattern.
public struct VectorFile: Sendable {
  /// Relative to the checkout: `Tests/Conformance/locks/handoff.json`.
  public let path: String
  public let pattern: String
  /// `calls`, `replies`, `scenarios`, `keys`, …
  public let kind: String
  public let cases: [JSONValue]

  /// Every file below `Tests/Conformance`, by path.
  public static func all(root: URL) throws -> [VectorFile] {
    let folder = "Tests/Conformance"
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
    return try names.filter { $0.hasSuffix(".json") && $0.contains("/") }.sorted().map { name in
      let path = "\(folder)/\(name)"
      let file = try JSONValue(parsing: Data(contentsOf: root.appending(path: path)))
      guard let pattern = file["pattern"]?.string, let kind = file["kind"]?.string, let cases = file["cases"]?.array
      else { throw VectorFileError(path: path, reason: "needs pattern, kind and cases") }
      return VectorFile(path: path, pattern: pattern, kind: kind, cases: cases)
    }
  }

  /// The cases of a `scenarios` file, typed.
  public func scenarios() throws -> [Scenario] {
    try cases.map { value in
      guard let scenario = Scenario(pattern: pattern, case: value) else {
        throw VectorFileError(path: path, reason: "\(value["name"]?.text ?? "a case without a name") is no scenario")
      }
      return scenario
    }
  }
}

/// A vector file that cannot be read.
public struct VectorFileError: Error, CustomStringConvertible, Sendable {
  public let path: String
  public let reason: String
  public var description: String { "\(path): \(reason)" }
}
