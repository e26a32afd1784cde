import ParitySupport
import RESP
import Testing

/// The comparison itself, without a server: every single change must show, and only where it is.
@Suite struct `The comparison of two languages` {
  private let scenario = Scenario(
    pattern: "locks", name: "one lease", startUs: 4_102_444_800_000_000,
    steps: [
      .init(
        by: "a", atUs: 0, action: .operation("lock.acquire", given: ["name": "x", "owner": "a1", "ttl_us": 5000]),
        expect: ["status": "acquired", "fence": "4102444800000000"]),
      .init(
        by: "b", atUs: 10, action: .operation("lock.release", given: ["name": "x", "owner": "b1"]),
        expect: ["status": "lost"]),
    ],
    leaves: [["key": "lock:{x}", "type": "hash", "value": ["owner": "a1"], "expires_in_ms": 6]])

  private func command(_ words: String...) -> SentCommand {
    SentCommand(RecordedCommand(arguments: words.map { Array($0.utf8) }))
  }

  private func playthrough(
    _ by: String = "Swift", outcomes: [JSONValue]? = nil, keyspace: [JSONValue]? = nil, commands: [SentCommand]? = nil
  ) -> Playthrough {
    Playthrough(
      by: by, outcomes: outcomes ?? scenario.steps.compactMap(\.expect), keyspace: keyspace ?? scenario.leaves,
      commands: commands ?? [command("EVALSHA", "00", "1", "k", "5000", "0"), command("EVALSHA", "11", "1", "k", "0")])
  }

  @Test func `equal accounts have no difference`() {
    #expect(playthrough().differences(from: scenario).isEmpty)
    #expect(playthrough("Python").differences(from: playthrough(), in: scenario).isEmpty)
  }

  @Test func `another outcome word shows at its step`() {
    let changed = playthrough(
      "Python", outcomes: [["status": "acquired", "fence": "4102444800000000"], ["status": "left"]])
    #expect(changed.differences(from: scenario).map(\.place) == ["step 2, lock.release by b"])
    let difference = changed.differences(from: playthrough(), in: scenario)
    #expect(difference.map(\.kind) == [.outcome])
    #expect(
      difference.first?.text == """
        outcome: step 2, lock.release by b
          Swift   {"status":"lost"}
          Python  {"status":"left"}
        """)
  }

  @Test func `a missing outcome shows, also where the vector expects nothing`() {
    let short = playthrough("Python", outcomes: [["status": "acquired", "fence": "4102444800000000"]])
    #expect(short.differences(from: scenario).map(\.place) == ["number of steps"])
    #expect(short.differences(from: playthrough(), in: scenario).map(\.right) == ["(nothing)"])
  }

  @Test(
    arguments: [
      (["key": "lock:{x}", "type": "hash", "value": ["owner": "a2"], "expires_in_ms": 6], "the value"),
      (["key": "lock:{x}", "type": "string", "value": ["owner": "a1"], "expires_in_ms": 6], "the type"),
      (["key": "lock:{x}", "type": "hash", "value": ["owner": "a1"], "expires_in_ms": 7], "the deadline"),
      (["key": "lock:{x}", "type": "hash", "value": ["owner": "a1"], "expires_in_ms": .null], "no deadline"),
    ] as [(JSONValue, String)])
  func `a key that differs in one thing shows`(key: JSONValue, what: String) {
    let changed = playthrough("Python", keyspace: [key])
    #expect(changed.differences(from: scenario).map(\.place) == ["lock:{x}"], "\(what)")
    #expect(changed.differences(from: playthrough(), in: scenario).map(\.kind) == [.keyspace], "\(what)")
  }

  @Test func `a key too many and a key too few show`() {
    let extra = playthrough("Python", keyspace: scenario.leaves + [["key": "lock:{y}", "type": "string"]])
    #expect(extra.differences(from: scenario).map(\.left) == ["(no such key)"])
    let none = playthrough("Python", keyspace: [])
    #expect(none.differences(from: playthrough(), in: scenario).map(\.right) == ["(no such key)"])
  }

  @Test func `a changed argument, a changed key, another verb and an extra command show`() {
    let renew = command("EVALSHA", "00", "1", "k", "5000", "0")
    for (commands, places) in [
      ([command("EVALSHA", "00", "1", "k", "5001", "0"), command("EVALSHA", "11", "1", "k", "0")], ["command 1"]),
      ([command("EVALSHA", "00", "1", "l", "5000", "0"), command("EVALSHA", "11", "1", "k", "0")], ["command 1"]),
      ([renew, command("EVAL", "11", "1", "k", "0")], ["command 2"]),
      ([renew, command("EVALSHA", "11", "1", "k", "0"), command("GET", "k")], ["command 3"]),
      ([renew], ["command 2"]),
    ] {
      let changed = playthrough("Python", commands: commands)
      let differences = changed.differences(from: playthrough(), in: scenario)
      #expect(differences.map(\.place) == places)
      #expect(differences.allSatisfy { $0.kind == .command })
    }
  }

  @Test func `keys read from a server stand in the form of the vectors`() {
    let hash = KeyState(
      key: "lock:{x}", value: .hash([Array("owner".utf8): Array("a1".utf8)]), expiresAtMs: 4_102_444_800_006)
    #expect(hash.json(startUs: scenario.startUs) == scenario.leaves[0])
    let bytes = KeyState(key: "c", value: .string([0x52, 0x50, 1, 255]), expiresAtMs: nil)
    #expect(
      bytes.json(startUs: 0) == [
        "key": "c", "type": "string", "value": ["hex": "525001ff"], "expires_in_ms": JSONValue.null,
      ])
    let set = KeyState(key: "s", value: .set([Array("b".utf8), Array("a".utf8)]), expiresAtMs: 1)
    #expect(set.json(startUs: 0)["value"] == ["a", "b"])
  }
}
