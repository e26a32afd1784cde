#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// One process that we started, known by its pid, and reaped exactly once.
struct ChildProcess: Sendable {
  let pid: pid_t

  /// Starts a program in a process group of its own, so that Ctrl-C on a terminal reaches us and not it.
  /// - Parameters:
  ///   - input: a descriptor that becomes its standard input, or nil for `/dev/null`.
  ///   - log: the file for its standard output and error, or nil for `/dev/null`.
  init(_ path: String, _ arguments: [String], input: Int32? = nil, log: String? = nil)
    throws(RedisServerError)
  {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t? = nil
      var attributes: posix_spawnattr_t? = nil
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(
      &actions, 1, log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    #if !canImport(Darwin)
      // Whatever the process has open now, a socket by which Foundation learns of the end of another child among it,
      // would stay open as long as this one lives. C libraries before glibc 2.34 cannot close it.
      if let closeFrom = Self.closeFrom { _ = closeFrom(&actions, 3) }
    #endif

    // A parent's blocked or ignored signals are inherited: the child starts with none blocked.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    #if canImport(Darwin)
      let closing = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
      let closing: Int16 = 0
    #endif
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK) | closing)

    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, path, &actions, &attributes, argv, environ)
    guard status == 0 else {
      throw .system("\(path): \(String(cString: strerror(status)))")
    }
    self.pid = pid
  }

  /// Whether children keep nothing open of what we have open.
  static var closesFiles: Bool {
    #if canImport(Darwin)
      true
    #else
      closeFrom != nil
    #endif
  }

  #if !canImport(Darwin)
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
      unsafeBitCast($0, to: CloseFrom.self)
    }
  #endif

  func signal(_ number: Int32) {
    kill(pid, number)
  }

  /// Whether it has ended; reaps it when it has.
  func hasEnded() -> Bool {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) != 0
  }

  /// Waits for its end and reaps it.
  func reap() {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
  }
}
