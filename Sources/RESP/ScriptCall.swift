/// A Lua script as the server knows it: by the SHA-1 of its bytes.
public struct RedisScript: Sendable, Hashable {
  /// The file's base name, the same in every language: `lock_acquire`.
  public let name: String
  /// 40 lower-case hexadecimal digits.
  public let sha1: String
  /// The bytes of the file; `sha1` is over them.
  public let source: [UInt8]

  /// A script of your own; ours come with the patterns.
  public init(name: String, sha1: String, source: [UInt8]) {
    self.name = name
    self.sha1 = sha1
    self.source = source
  }
}

/// A call of a script as a value: which one, on which keys, with what. Building it is pure; running it is `RedisExecutor.run`.
public struct ScriptCall: Sendable, Hashable {
  /// Which script.
  public let script: RedisScript
  /// KEYS, in order; all share one hash tag.
  public let keys: [String]
  /// ARGV, in order; the last one is the clock (`now_us`, `0` for the server's own).
  public var arguments: RESPArguments

  /// A call with arguments that are encoded already.
  public init(_ script: RedisScript, keys: [String], arguments: RESPArguments) {
    self.script = script
    self.keys = keys
    self.arguments = arguments
  }

  /// A call with any arguments.
  public init(_ script: RedisScript, keys: [String], arguments: [any RESPArgument]) {
    self.init(script, keys: keys, arguments: RESPArguments(arguments))
  }

  /// `EVALSHA <sha1> <number of keys> <keys…> <arguments…>`
  public var evalsha: RESPCommand { command("EVALSHA", script.sha1) }

  /// `EVAL <source> …`: sent only after the server answered NOSCRIPT.
  public var eval: RESPCommand { command("EVAL", script.source) }

  private func command(_ verb: String, _ identity: some RESPArgument) -> RESPCommand {
    var rest = RESPArguments(reserving: 96 + arguments.body.count + keys.count * 48)
    rest.append(identity)
    rest.append(keys.count)
    for key in keys { rest.append(key) }
    rest.append(contentsOf: arguments)
    return RESPCommand(name: verb, rest)
  }
}
