/// Any failure of a call to Redis: what happened, where, whether the command may have run, and what to do.
///
/// One word wide, so that typed throws stay cheap on the hot path. Never holds a password, an argument or a value.
public struct RedisError: Error, Sendable, Hashable {
  /// Stable across releases and equal in Python; messages may change, codes may not.
  public enum Code: String, Sendable, CaseIterable {
    // Ours, before or instead of a server's answer.
    case argument = "ARGUMENT"
    case url = "URL"
    case connect = "CONNECT"
    case connectionLost = "CONNECTIONLOST"
    case timeout = "TIMEOUT"
    case cancelled = "CANCELLED"
    case overloaded = "OVERLOADED"
    case closed = "CLOSED"
    case `protocol` = "PROTOCOL"
    case limit = "LIMIT"
    case reply = "REPLY"
    case unsupported = "UNSUPPORTED"
    // The server's.
    case auth = "AUTH"
    case permission = "NOPERM"
    case noScript = "NOSCRIPT"
    case wrongType = "WRONGTYPE"
    case loading = "LOADING"
    case readOnly = "READONLY"
    case outOfMemory = "OOM"
    case busy = "BUSY"
    case maxClients = "MAXCLIENTS"
    case persistence = "MISCONF"
    case noReplicas = "NOREPLICAS"
    case cluster = "CLUSTER"
    case script = "SCRIPT"
    case server = "SERVER"
  }

  /// Whether the command ran. `notExecuted` is a promise: no byte of it can have left, or the server refused it whole.
  public enum Execution: String, Sendable {
    case notExecuted
    /// It left, and no answer came: it may have run once, or not at all.
    case unknown
    /// A script stopped half-way: what it wrote before stays written.
    case partial
  }

  final class Storage: Sendable {
    let code: Code
    let execution: Execution
    let message: String
    let command: String?
    let address: String?
    let serverCode: String?

    init(
      code: Code, execution: Execution, message: String, command: String?, address: String?,
      serverCode: String?
    ) {
      self.code = code
      self.execution = execution
      self.message = message
      self.command = command
      self.address = address
      self.serverCode = serverCode
    }
  }

  let storage: Storage

  /// An error of ours; what a server answered comes from `init(serverError:…)`.
  public init(
    _ code: Code, _ message: String, execution: Execution, command: String? = nil,
    address: String? = nil, serverCode: String? = nil
  ) {
    storage = Storage(
      code: code, execution: execution, message: message, command: command, address: address,
      serverCode: serverCode)
  }

  /// What kind of failure it is; the same word in every language.
  public var code: Code { storage.code }
  /// Whether the command may have run.
  public var execution: Execution { storage.execution }
  /// What happened and why, in one sentence.
  public var message: String { storage.message }
  /// The verb only, never its arguments.
  public var command: String? { storage.command }
  /// `host:port` or a socket path, without user and password.
  public var address: String? { storage.address }
  /// The server's own word for it: `WRONGTYPE`.
  public var serverCode: String? { storage.serverCode }
  /// What to do about it.
  public var nextStep: String { code.nextStep }
  /// The anchor of this code on the errors page.
  public var documentation: String { "docs/errors.md#\(code.rawValue.lowercased())" }

  public static func == (a: RedisError, b: RedisError) -> Bool {
    a.code == b.code && a.execution == b.execution && a.message == b.message
      && a.command == b.command && a.address == b.address && a.serverCode == b.serverCode
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(message)
  }
}
