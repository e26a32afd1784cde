import Foundation
import ParitySupport
import TestSupport
import Testing

/// The table stands in `Tests/Conformance/commands`; Python's suite runs it with `python -m redis_patterns`.
@Suite struct `Exit statuses` {
  @Test(arguments: Vector.all("exits")) func `a command line ends as in Python`(vector: Vector) async throws {
    let words = try #require(vector.content["given"]?.array).compactMap(\.string)
    var environment: [String: String?] = ["REDIS_URL": nil]
    for (name, value) in vector.content["environment"]?.object ?? [:] { environment[name] = value.string }
    let result = try await Program.run(Program.redisPatterns(), words, environment: environment)
    let expected = try #require(vector.content["expect"]?.int)
    #expect(result.status == Int32(expected), "\(result.stderr)")
    #expect(result.stderr.isEmpty == (expected == 0))
    #expect(!(result.stdout + result.stderr).contains("secret"))
  }
}
