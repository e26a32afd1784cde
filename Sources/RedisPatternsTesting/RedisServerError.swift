/// Why a private server is not there.
public enum RedisServerError: Error, Sendable, CustomStringConvertible {
  /// No `redis-server` was found; `searched` names the places.
  case notInstalled(searched: [String])
  /// The system refused something that a server needs: a folder, a port, a process.
  case system(String)
  /// The process ended, or did not answer in time; `log` is the end of what it wrote.
  case notReady(reason: String, log: String)

  public var description: String {
    switch self {
    case .notInstalled(let searched):
      """
      redis-server was not found (looked for \(searched.joined(separator: ", "))). Install it: \
      Debian/Ubuntu: sudo apt-get install -y redis-server | Fedora: sudo dnf install -y redis | macOS: brew install redis. \
      Or name one in REDIS_PATTERNS_REDIS_SERVER.
      """
    case .system(let reason): "the private redis-server could not be started: \(reason)"
    case .notReady(let reason, let log):
      "the private redis-server is not ready: \(reason)\(log.isEmpty ? "" : "\n\(log)")"
    }
  }
}
