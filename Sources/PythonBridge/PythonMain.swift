import CPythonSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a script of the command line finds at hand.
public struct PythonMainEnvironment: Sendable, Hashable {
  /// A virtual environment; else `REDIS_PATTERNS_VENV`, else `VIRTUAL_ENV`, else the checkout's `.venv`.
  public var venv: String?
  /// Becomes `REDIS_URL`; else the variable keeps its value, else it is `redis://127.0.0.1:6379`.
  public var redisURL: String?
  /// Further variables, set before Python starts.
  public var variables: [String: String] = [:]
  /// What the script sees as `_redis_patterns_bridge.context`, besides `url` and `lua_dir`.
  public var context: [String: PythonValue] = [:]

  /// Made of its parts.
  public init(venv: String? = nil, redisURL: String? = nil) {
    self.venv = venv
    self.redisURL = redisURL
  }
}

/// Python as the program itself: what `redis-patterns python FILE` does.
public enum PythonMain {
  /// Runs a file as `python3 FILE ARGUMENTS…` does, with the package `redis_patterns`, the scripts
  /// (`REDIS_PATTERNS_LUA_DIR`) and the server (`REDIS_URL`) at hand, and returns the exit status. Exit status, tracebacks,
  /// `atexit`, threads and Ctrl-C are CPython's own: an uncaught `KeyboardInterrupt` ends the process by SIGINT.
  ///
  /// Only on the process's main thread and before any asynchronous code has run there: call it from a synchronous
  /// `main`. Python ends with the script, and ``PythonInterpreter`` refuses to start in this process.
  /// When Python cannot start, the reason goes to stderr and the status is 4.
  public static func run(
    file: String, arguments: [String] = [], environment: PythonMainEnvironment = PythonMainEnvironment()
  ) -> Int32 {
    do throws(PythonStartError) {
      return try start(file, arguments, environment)
    } catch {
      fputs("redis-patterns: \(error)\n", cps_standard_error())
      return 4
    }
  }

  private static func start(
    _ file: String, _ arguments: [String], _ environment: PythonMainEnvironment
  ) throws(PythonStartError) -> Int32 {
    guard cps_thread_is_main() else {
      throw PythonStartError(
        "a script of the command line runs on the process's main thread only",
        remedy: "call PythonMain.run from a synchronous main, or use PythonInterpreter.run(script:)")
    }
    let checkout = PythonCheckout.find(near: [Files.executable, file].compactMap { $0 })
    let installation = try PythonInstallation.find(
      venv: environment.venv ?? ownVenv(checkout), isolated: false)
    try PythonProcess.claim(.main)
    prepare(environment, checkout)
    cps_flush()
    var words: [UnsafeMutablePointer<CChar>?] = ([file] + arguments).map { strdup($0) }
    words.append(nil)
    var failure: UnsafeMutablePointer<CChar>?
    let status = cps_run_main(installation.launcher, Int32(words.count - 1), words, &failure)
    if let failure {
      throw PythonStartError(
        "\(installation.summary) did not start: \(String(cString: failure))",
        remedy: "check that \(installation.executable) itself runs")
    }
    return status
  }

  /// The checkout's own environment, where nobody chose another.
  private static func ownVenv(_ checkout: PythonCheckout?) -> String? {
    if Environment.value("REDIS_PATTERNS_VENV") != nil || Environment.value("VIRTUAL_ENV") != nil { return nil }
    return checkout?.venv
  }

  private static func prepare(_ environment: PythonMainEnvironment, _ checkout: PythonCheckout?) {
    for (name, value) in environment.variables { Environment.set(name, value) }
    let url = environment.redisURL ?? Environment.value("REDIS_URL") ?? "redis://127.0.0.1:6379"
    Environment.set("REDIS_URL", url)
    if let source = checkout?.pythonSource, Files.exists(source + "/redis_patterns") {
      let path = [source, Environment.value("PYTHONPATH")].compactMap { $0 }.joined(separator: ":")
      Environment.set("PYTHONPATH", path)
    }
    let directory = Environment.value("REDIS_PATTERNS_LUA_DIR") ?? checkout?.luaDirectory ?? ScriptFolder.make()
    var context = environment.context
    context["url"] = .string(url)
    if let directory {
      Environment.set("REDIS_PATTERNS_LUA_DIR", directory)
      context["lua_dir"] = .string(directory)
    }
    PythonCallbacks.context.withLock { [context] in $0 = context }
  }
}
