import LuaScripts

/// What a client asked of the server: a script with its keys and arguments, or a plain command.
public struct SentCommand: Sendable, Hashable {
  /// `EVALSHA`, `EVAL`, `GET`, …
  public let verb: String
  /// The script's name, or its SHA-1 or text where no script of ours has that.
  public let script: String?
  public let keys: [[UInt8]]
  public let arguments: [[UInt8]]

  public init(_ command: RecordedCommand) {
    verb = command.verb
    let rest = Array(command.arguments.dropFirst())
    guard ["EVALSHA", "EVAL"].contains(verb), rest.count >= 2,
      let count = Int(String(decoding: rest[1], as: UTF8.self)), count >= 0, rest.count >= 2 + count
    else {
      (script, keys, arguments) = (nil, [], rest)
      return
    }
    script = Self.name(rest[0], bySource: verb == "EVAL")
    keys = Array(rest[2..<(2 + count)])
    arguments = Array(rest[(2 + count)...])
  }

  private static func name(_ identity: [UInt8], bySource: Bool) -> String {
    let text = String(decoding: identity, as: UTF8.self)
    let known = LuaScript.all.first { bySource ? $0.source == identity : $0.sha1 == text.lowercased() }
    return known?.name ?? RecordedCommand.readable(identity)
  }

  /// One line: `EVALSHA lock_renew lock:{x} lock:{x}:fence | a1 1000000 0`
  public var text: String {
    let words = arguments.map(RecordedCommand.readable)
    guard let script else { return ([verb] + words).joined(separator: " ") }
    return ([verb, Self.short(script)] + keys.map(RecordedCommand.readable) + ["|"] + words).joined(separator: " ")
  }

  /// The whole text of a script that is not ours is compared, but not shown.
  static func short(_ script: String) -> String {
    script.count <= 40 ? script : "(unknown script of \(script.count) characters)"
  }

  /// Verbs by which a connection is made ready or kept: each client has its own way.
  static let setUp: Set<String> = ["AUTH", "HELLO", "SELECT", "CLIENT", "COMMAND", "RESET", "QUIT", "PING", "ECHO"]
}

extension [RecordedCommand] {
  /// What clients sent to one database: without what scripts called, and without the set-up of connections.
  public func sent(to database: Int) -> [SentCommand] {
    filter { !$0.inScript && $0.database == database && !SentCommand.setUp.contains($0.verb) }.map(SentCommand.init)
  }
}
