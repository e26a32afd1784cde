import ArgumentParser
import Foundation
import LuaScripts

struct ScriptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scripts",
    abstract: "The Lua scripts in this binary: list, show, verify.",
    discussion: """
      EXAMPLES
        redis-patterns scripts list --json
        redis-patterns scripts show lock_acquire
        redis-patterns scripts verify --url redis://127.0.0.1:6390
      """,
    subcommands: [List.self, Show.self, Verify.self], defaultSubcommand: List.self)

  struct Entry: Encodable {
    let name: String
    let pattern: String
    let sha1: String
    let bytes: Int
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Name, SHA-1 and size of every script.")
    @Flag(help: "One JSON document on standard output.") var json = false

    func run() throws {
      let entries = LuaScript.all.map {
        Entry(name: $0.name, pattern: $0.pattern, sha1: $0.sha1, bytes: $0.source.count)
      }
      if json {
        try emit(try JSONText.of(entries))
      } else {
        for entry in entries {
          let name = entry.name.padding(toLength: 16, withPad: " ", startingAt: 0)
          let pattern = entry.pattern.padding(toLength: 14, withPad: " ", startingAt: 0)
          try emit("\(name) \(pattern) \(entry.sha1) \(entry.bytes)")
        }
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The text of one script, as the server runs it.")
    @Argument(help: "The script's name, as `list` prints it.") var name: String

    func run() throws {
      guard let script = LuaScript.all.first(where: { $0.name == name }) else {
        let hint = Suggestion.nearest(to: name, among: LuaScript.all.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
        throw ValidationError("no script is called '\(name)'.\(hint) See: redis-patterns scripts list")
      }
      FileHandle.standardOutput.write(Data(script.source))
    }
  }
}
