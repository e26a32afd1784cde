import Foundation
import ParitySupport
import Testing

/// One case of the conformance vectors, named after its file so that a failure says where to look.
public struct Vector: Sendable, CustomTestStringConvertible {
  public let path: String
  public let pattern: String
  public let content: JSONValue

  public var testDescription: String {
    "\(path): \(content["name"]?.string ?? content["given"]?.text ?? content["text"]?.string ?? "")"
  }

  /// Every case of a kind. A file that cannot be read ends the run, rather than leaving cases out.
  public static func all(_ kind: String) -> [Vector] {
    do {
      return try VectorFile.all(root: ProjectRoot.find()).filter { $0.kind == kind }.flatMap { file in
        file.cases.map { Vector(path: file.path, pattern: file.pattern, content: $0) }
      }
    } catch {
      fatalError("the vectors cannot be read: \(error)")
    }
  }
}
