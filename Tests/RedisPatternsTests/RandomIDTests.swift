import RedisPatterns
import Testing

@Suite struct `Random ids` {
  @Test func `an id is 128 bits in hexadecimal, and never the same twice`() {
    let ids = (0..<1000).map { _ in randomID() }
    #expect(Set(ids).count == 1000)
    #expect(ids.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }
}
