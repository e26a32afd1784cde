extension RedisError {
  /// Reads a server's error line (without the `-`) into a typed error, alike for every version of the server.
  ///
  /// A refusal before execution is `notExecuted`; an error that a script raised half-way is `partial`, because nothing
  /// rolls back what it wrote before. The rules are shared with Python through `Tests/Conformance/errors`.
  public init(serverError text: String, command: String? = nil, address: String? = nil) {
    let unwrapped = Self.withoutWrapping(text)
    let said = unwrapped ?? text[...]
    let word = String(decoding: said.utf8.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    let inScript = unwrapped != nil || text.contains("script: ") || text.contains("Error running script")
    let code: Code =
      switch word {
      case "NOAUTH", "WRONGPASS": .auth
      case "NOPERM": .permission
      case "NOSCRIPT": .noScript
      case "WRONGTYPE": .wrongType
      case "LOADING": .loading
      case "READONLY": .readOnly
      case "OOM": .outOfMemory
      case "BUSY": .busy
      case "MISCONF": .persistence
      case "NOREPLICAS": .noReplicas
      case "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "CROSSSLOT", "MASTERDOWN": .cluster
      case "ERR" where text.hasPrefix("ERR max number of clients reached"): .maxClients
      case "ERR" where text.hasPrefix("ERR invalid password"): .auth
      // A call of more than ten words is refused by its length before its lack of a password is seen.
      case "ERR" where text.hasPrefix("ERR Protocol error: unauthenticated"): .auth
      default: Self.forbids(said) ? .permission : inScript ? .script : .server
      }
    let hasOwnWord = unwrapped == nil || ![.permission, .script].contains(code) || word == "NOPERM"
    self.init(
      code, Self.withoutArguments(text), execution: inScript ? .partial : .notExecuted, command: command,
      address: address, serverCode: hasOwnWord ? word : "ERR")
  }

  /// Before 7.0 the server puts `ERR Error running script (call to f_…): @user_script:3: -` before what a script's
  /// command was refused with, which then has no code of its own. Nil: it is not put so.
  private static func withoutWrapping(_ text: String) -> Substring? {
    var rest = text.hasPrefix("ERR ") ? text.dropFirst(4) : text[...]
    if rest.hasPrefix("Error running script (call to f_"), let end = rest.firstRange(of: "): ") {
      rest = rest[end.upperBound...]
    }
    var places = 0
    while rest.hasPrefix("@user_script:") {
      let line = rest.dropFirst("@user_script:".count).drop { $0 == " " }.drop { ("0"..."9").contains($0) }
      guard line.hasPrefix(": ") else { break }
      rest = line.dropFirst(2)
      places += 1
    }
    guard places > 0 else { return nil }
    return rest.hasPrefix("-") ? rest.dropFirst() : rest
  }

  /// What a script's command is told that the user's ACL forbids: in 6.2 and 7.0, and in 7.2.
  private static func forbids(_ said: Substring) -> Bool {
    let said = said.hasPrefix("ERR ") ? said.dropFirst(4) : said
    return said.hasPrefix("The user executing the script can't ") || said.hasPrefix("ACL failure in script")
  }

  /// For a command that it does not know, the server repeats the arguments: they may be secret.
  private static func withoutArguments(_ text: String) -> String {
    guard text.hasPrefix("ERR unknown "), let quoted = text.firstRange(of: ", with args beginning with") else {
      return text
    }
    return String(text[..<quoted.lowerBound])
  }
}

extension RedisError.Code {
  /// What a person should do who sees this code: one sentence, the same in Python.
  public var nextStep: String {
    switch self {
    case .argument: "Correct the argument that the message names; nothing was sent."
    case .url:
      "Write the URL as redis://[user:password@]host[:port][/database], rediss:// for TLS, or unix:///path/to/socket."
    case .connect:
      "Check that a Redis server listens at this address and that nothing between refuses the connection."
    case .connectionLost:
      "Repeat the call if it may run twice, or give it a request id; see whether the server restarted."
    case .timeout:
      "Look for slow commands (SLOWLOG GET) or a stalled server; raise the deadline only if the work needs it."
    case .cancelled: "Nothing to do: the caller asked for it. The command may still have run."
    case .overloaded:
      "Slow the callers down or raise the queue limit; the server answers more slowly than it is asked."
    case .closed: "Make a new client: this one was closed."
    case .protocol:
      "Check that the port is a Redis server's and speaks plain RESP2; the connection was dropped."
    case .limit: "Ask for less at a time, or raise the reply limit; the connection was dropped."
    case .reply: "Check that the scripts and the client are of the same protocol number."
    case .unsupported: "Use a client or a server that offers this."
    case .auth: "Check user and password in the URL, and ACL LIST on the server."
    case .permission: "Grant the user this command and key (ACL SETUSER); see ACL LOG on the server."
    case .noScript: "Allow EVAL to this user, or load the scripts with SCRIPT LOAD."
    case .wrongType: "Another program uses this key for something else: choose a namespace of your own."
    case .loading: "Wait until the server has read its data, then repeat."
    case .readOnly: "Connect to the primary: this server is a replica."
    case .outOfMemory: "Raise maxmemory or free memory; see redis-patterns doctor."
    case .busy: "A script runs too long on the server: SCRIPT KILL, or wait."
    case .maxClients: "Raise maxclients or close connections; see CLIENT LIST."
    case .persistence: "The server cannot save to disk: see its log, or stop-writes-on-bgsave-error."
    case .noReplicas: "Too few replicas are in sync (min-replicas-to-write)."
    case .cluster: "Connect to the cluster's node that owns the key; see CLUSTER INFO."
    case .script: "A script failed on the server: see the message for its line."
    case .server: "See the server's message."
    }
  }
}

extension RedisError: CustomStringConvertible {
  /// `CONNECT at 127.0.0.1:1: connection refused (SET, notExecuted). Check that … docs/errors.md#connect`
  public var description: String {
    let place = address.map { " at \($0)" } ?? ""
    let verb = command.map { "\($0), " } ?? ""
    return
      "\(code.rawValue)\(place): \(message) (\(verb)\(execution.rawValue)). \(nextStep) See \(documentation)"
  }
}
