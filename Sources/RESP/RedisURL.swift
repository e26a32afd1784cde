/// Where a Redis is and how to sign in there.
///
/// `redis://[user:password@]host[:port][/database][?option=value]`, `rediss://…` for TLS, and
/// `unix://[user:password@]/path/to/socket[?db=0]`. User, password and path may hold percent escapes.
///
/// Options: `db`, `client_name`, and in milliseconds `timeout_ms` (each command) and `connect_timeout_ms`.
public struct RedisURL: Sendable, Hashable {
  /// What to connect to.
  public enum Endpoint: Sendable, Hashable {
    case tcp(host: String, port: Int)
    case unixSocket(path: String)
  }

  /// The host and port, or the path of the socket.
  public var endpoint: Endpoint
  /// Whether the scheme asked for TLS. A client that cannot must refuse, never speak plainly.
  public var tls: Bool
  /// The ACL user; nil for the default one.
  public var user: String?
  /// Never shown by any text of this type.
  public var password: String?
  /// The number for SELECT; 0 sends none.
  public var database: Int
  /// The name for CLIENT SETNAME; nil for the one of the options.
  public var clientName: String?
  /// Milliseconds for one command, or nil for the client's default.
  public var timeoutMilliseconds: Int?
  /// Milliseconds until the first connection, or nil for the client's default.
  public var connectTimeoutMilliseconds: Int?

  /// A URL of its parts.
  public init(
    endpoint: Endpoint, tls: Bool = false, user: String? = nil, password: String? = nil, database: Int = 0
  ) {
    self.endpoint = endpoint
    self.tls = tls
    self.user = user
    self.password = password
    self.database = database
  }

  /// - Throws: `RedisError` with code `url`; the message says what is wrong at which character, and quotes nothing of the
  ///   text, because any part of it may be a password.
  public init(_ text: String) throws(RedisError) {
    var parser = RedisURLParser(text)
    self = try parser.parse()
  }

  /// `host:port` or the path of the socket: what errors and logs may show.
  public var address: String {
    switch endpoint {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unixSocket(let path): path
    }
  }
}

extension RedisURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The URL without user and password.
  public var description: String {
    let path = database == 0 ? "" : "/\(database)"
    return switch endpoint {
    case .tcp: "\(tls ? "rediss" : "redis")://\(address)\(path)"
    case .unixSocket: "unix://\(address)\(database == 0 ? "" : "?db=\(database)")"
    }
  }

  public var debugDescription: String { description }

  /// `dump` and the debugger's text show no secrets either.
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
