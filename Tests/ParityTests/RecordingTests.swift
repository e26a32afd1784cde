import LuaScripts
import ParitySupport
import RESP
import Testing

@testable import ParitySupport

@Suite struct `What a server records` {
  private func read(_ line: String) -> RecordedCommand? { RecordedCommand(monitorLine: Array(line.utf8)) }

  @Test func `a line is read with its escapes`() {
    let command = read(#"+1700000000.123456 [3 unix:/x.sock] "set" "k\"\\" "a\x00\xff\n\r\t\a\b" """#)
    #expect(command?.database == 3)
    #expect(command?.inScript == false)
    #expect(command?.verb == "SET")
    #expect(command?.arguments == [Array("set".utf8), Array(#"k"\"#.utf8), [97, 0, 255, 10, 13, 9, 7, 8], []])
    #expect(command?.text == #"set k"\ a\x00\xff\x0a\x0d\x09\x07\x08 """#)
  }

  @Test func `a script's own calls and other clients' addresses are told apart`() {
    #expect(read(#"+1.2 [0 lua] "TIME""#)?.inScript == true)
    #expect(read(#"+1.2 [0 127.0.0.1:5000] "PING""#)?.inScript == false)
    #expect(read(#"+1.2 [0 [::1]:5000] "PING""#)?.arguments == [Array("PING".utf8)])
    #expect(read(#"+1.2 [12 unix:/a] b] c/x.sock] "PING" "x] \"y""#)?.arguments.last == Array(#"x] "y"#.utf8))
  }

  @Test(arguments: ["+OK", "", "+", "-ERR", "+1.2 [0 lua]", "+1.2 [0 lua", #"+1.2 [x lua] "PING""#, "$3"])
  func `what is no recorded command is nothing`(line: String) {
    #expect(read(line) == nil)
  }

  @Test func `what clients sent is told by script, keys and arguments`() throws {
    let script = LuaScript.lockRenew
    func command(_ words: String..., inScript: Bool = false, database: Int = 1) -> RecordedCommand {
      RecordedCommand(database: database, inScript: inScript, arguments: words.map { Array($0.utf8) })
    }
    let source = String(decoding: script.source, as: UTF8.self)
    let sent = [
      command("CLIENT", "SETNAME", "x"), command("SELECT", "1"),
      command("EVALSHA", script.sha1, "2", "lock:{x}", "lock:{x}:fence", "a1", "1000", "0"),
      command("evalsha", script.sha1.uppercased(), "0"),
      command("EVAL", source, "2", "lock:{x}", "lock:{x}:fence", "a1", "1000", "0"),
      command("HGETALL", "lock:{x}", inScript: true), command("GET", "k", database: 2),
      command("EVALSHA", "0123", "0"), command("EVALSHA", "too", "many", "keys"), command("GET", "k k"),
    ].sent(to: 1)
    #expect(
      sent.map(\.text) == [
        "EVALSHA lock_renew lock:{x} lock:{x}:fence | a1 1000 0", "EVALSHA lock_renew |",
        "EVAL lock_renew lock:{x} lock:{x}:fence | a1 1000 0", "EVALSHA 0123 |", "EVALSHA too many keys",
        #"GET k\x20k"#,
      ])
    #expect(sent[0].keys == [Array("lock:{x}".utf8), Array("lock:{x}:fence".utf8)])
    #expect(sent[0] != sent[2], "the second was sent in full")
  }

  @Test func `a script with one byte more is not ours`() {
    let changed = RecordedCommand(arguments: [Array("EVAL".utf8), LuaScript.lockRenew.source + [10], Array("0".utf8)])
    #expect(SentCommand(changed).script != "lock_renew")
  }
}
