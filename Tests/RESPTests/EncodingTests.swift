import RESP
import Testing

@Suite struct `Commands on the wire` {
  @Test func `a command is an array of bulks`() {
    #expect(
      String(decoding: RESPCommand("SET", "k", [UInt8]([0, 255]), "PX", 1000).encoded.prefix(20), as: UTF8.self)
        == "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n")
    #expect(RESPCommand("PING").encoded == Array("*1\r\n$4\r\nPING\r\n".utf8))
  }

  @Test(arguments: [Int.min, -1, 0, 7, 10, 99, 100, 1_234_567, Int.max])
  func `integers travel as decimal text`(_ value: Int) {
    #expect(RESPArguments([value]).list == [Array("\(value)".utf8)])
  }

  @Test func `lengths of every size are right`() {
    for length in [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 65_536] {
      let arguments = RESPArguments([[UInt8](repeating: 65, count: length), "tail"] as [any RESPArgument])
      #expect(arguments.list.map(\.count) == [length, 4])
    }
  }

  @Test func `strings of every kind travel as their UTF-8`() {
    let text = "a–ü–\u{1F511}"
    let expected = Array(text.utf8)
    #expect(
      RESPArguments([text, text[...], Array(text.utf8)[...], StaticString("a–ü–\u{1F511}")] as [any RESPArgument]).list
        == Array(repeating: expected, count: 4))
  }

  @Test func `a description shows the verb, not the arguments`() {
    #expect("\(RESPCommand("AUTH", "user", "secret"))" == "AUTH (2 arguments)")
  }

  @Test func `integers are read from every reply that holds one`() {
    #expect(RESPValue.integer(5).int == 5 && RESPValue.bulk(Array("-12".utf8)).int == -12)
    #expect(RESPValue.simple("9").int == 9 && RESPValue.null.int == nil && RESPValue.array([]).int == nil)
    #expect(RESPValue.bulk([0xff]).string == nil && RESPValue.bulk([0xff]).bytes == [0xff])
  }
}
