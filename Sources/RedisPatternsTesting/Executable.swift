#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Finds the program: `REDIS_PATTERNS_REDIS_SERVER`, then `redis-server` and `valkey-server` on PATH.
enum Executable {
  static func find() throws(RedisServerError) -> String {
    if let named = getenv("REDIS_PATTERNS_REDIS_SERVER") {
      let path = String(cString: named)
      guard access(path, X_OK) == 0 else {
        throw .notInstalled(searched: ["REDIS_PATTERNS_REDIS_SERVER=\(path)"])
      }
      return path
    }
    let places = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/usr/local/bin"
    for name in ["redis-server", "valkey-server"] {
      for place in "\(places):/opt/homebrew/bin:/usr/local/bin".split(separator: ":") {
        let path = "\(place)/\(name)"
        if access(path, X_OK) == 0 { return path }
      }
    }
    throw .notInstalled(searched: ["redis-server and valkey-server on PATH"])
  }
}
