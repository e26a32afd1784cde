import CPythonSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The interpreter as its own thread sees it.
@PythonActor
enum PythonRuntime {
  private static var outcome: Result<PythonInstallation, PythonStartError>?
  private static var configuration = PythonConfiguration()
  private static var isShutDown = false

  /// Starts Python once; what came of it, the first time or now.
  @discardableResult
  static func start(_ wanted: PythonConfiguration?) throws(PythonStartError) -> PythonInstallation {
    if isShutDown {
      throw PythonStartError("Python was shut down", remedy: "call PythonInterpreter.shutdown() last")
    }
    if let outcome {
      let installation = try outcome.get()
      if let wanted, wanted != configuration {
        throw PythonStartError(
          "Python already runs with another configuration: \(installation.summary)",
          remedy:
            "call PythonInterpreter.start before the first use of Python, and everywhere with equal values")
      }
      return installation
    }
    configuration = wanted ?? PythonConfiguration()
    let result = Result { () throws(PythonStartError) in try launch() }
    outcome = result
    return try result.get()
  }

  private static func launch() throws(PythonStartError) -> PythonInstallation {
    let installation = try PythonInstallation.find(
      venv: configuration.venv, isolated: configuration.isolated)
    try PythonProcess.claim(.actor)
    if let message = cps_start(installation.launcher, configuration.isolated) {
      defer { free(message) }
      throw PythonStartError(
        "\(installation.summary) did not start: \(String(cString: message))",
        remedy: "check that \(installation.executable) itself runs")
    }
    PythonThread.shared.pythonDidStart()
    PythonProcess.started(installation)
    let paths = configuration.paths.map { PythonValue.string(Files.absolute($0)) }
    do {
      let runs = String(decoding: PackageResources._redis_patterns_runs_py, as: UTF8.self)
      try bridge("_prepare", [.list(paths), .string(runs)])
    } catch {
      throw PythonStartError("\(installation.summary) did not start: \(error)", remedy: "report this error")
    }
    return installation
  }

  static func shutDown() throws {
    guard case .success = outcome, !isShutDown else { return }
    isShutDown = true
    try bridge("_shutdown", [])
  }

  // MARK: Calls, for whoever holds the GIL

  /// Calls a function of `_redis_patterns_bridge`.
  @discardableResult
  nonisolated static func bridge(_ function: String, _ arguments: [PythonValue]) throws -> PythonValue {
    guard let callable = cps_bridge(function) else { throw takeError() }
    defer { cps_release(callable) }
    return try call(callable, arguments, [:], discards: false)
  }

  nonisolated static func call(
    _ module: String, _ function: String, _ arguments: [PythonValue], _ keywords: [String: PythonValue],
    discards: Bool
  ) throws -> PythonValue {
    if module == "builtins", needsFrame(function) {
      return try bridge("_builtin", [.string(function)] + arguments)
    }
    let callable = try lookUp(module, function)
    defer { cps_release(callable) }
    return try call(callable, arguments, keywords, discards: discards)
  }

  private nonisolated static func needsFrame(_ function: String) -> Bool {
    switch function {
    case "eval", "exec", "vars", "dir", "locals", "globals": true
    default: false
    }
  }

  /// A new reference to `module.function`; the name may hold dots: `Path.cwd`.
  nonisolated static func lookUp(_ module: String, _ function: String) throws -> PythonObject {
    var (module, function) = (module, function)
    let found = module.withUTF8 { module in
      function.withUTF8 { function in
        cps_look_up(
          UnsafeRawPointer(module.baseAddress)?.assumingMemoryBound(to: CChar.self), module.count,
          UnsafeRawPointer(function.baseAddress)?.assumingMemoryBound(to: CChar.self), function.count)
      }
    }
    guard let found else { throw takeError() }
    return found
  }

  nonisolated static func call(
    _ callable: PythonObject, _ arguments: [PythonValue], _ keywords: [String: PythonValue], discards: Bool
  ) throws -> PythonValue {
    let result = try withArguments(arguments, keywords) { values, names in
      cps_call(callable, values.baseAddress, arguments.count, names)
    }
    guard let result else { throw takeError() }
    defer { cps_release(result) }
    if discards { return .none }
    do throws(PythonConversionError) {
      return try PythonValue(result, "result")
    } catch {
      guard String(cString: cps_type_name(result)) == "coroutine" else { throw error }
      return try finish(result)
    }
  }

  /// An `async def` was called: its coroutine runs to its end in an event loop of its own.
  private nonisolated static func finish(_ coroutine: PythonObject) throws -> PythonValue {
    guard let run = cps_bridge("_await") else { throw takeError() }
    defer { cps_release(run) }
    let arguments: [PythonObject?] = [coroutine]
    guard let result = cps_call(run, arguments, 1, nil) else { throw takeError() }
    defer { cps_release(result) }
    return try PythonValue(result, "result")
  }

  /// Makes the objects for a call, lends them, and releases them.
  private nonisolated static func withArguments(
    _ arguments: [PythonValue], _ keywords: [String: PythonValue],
    _ body: (UnsafeBufferPointer<PythonObject?>, PythonObject?) -> PythonObject?
  ) throws(PythonConversionError) -> PythonObject? {
    var objects: [PythonObject?] = []
    defer { for object in objects { cps_release(object) } }
    objects.reserveCapacity(arguments.count + keywords.count)
    for (index, value) in arguments.enumerated() {
      objects.append(try value.makeObject("arguments[\(index)]"))
    }
    guard !keywords.isEmpty else { return objects.withUnsafeBufferPointer { body($0, nil) } }
    var names: [PythonValue] = []
    for (name, value) in keywords {
      names.append(.string(name))
      objects.append(try value.makeObject(name))
    }
    let tuple = try PythonValue.tuple(names).makeObject("keywords")
    defer { cps_release(tuple) }
    return objects.withUnsafeBufferPointer { body($0, tuple) }
  }

  // MARK: Errors

  /// Takes Python's error indicator and clears it.
  nonisolated static func takeError() -> any Error {
    guard let exception = cps_take_error() else {
      return PythonError(
        type: "SystemError", message: "Python failed without an exception", traceback: "", causes: [],
        exitCode: 1, hint: nil)
    }
    defer { cps_release(exception) }
    guard let describe = cps_bridge("_describe") else { return unknown(exception) }
    defer { cps_release(describe) }
    let arguments: [PythonObject?] = [exception]
    guard let parts = cps_call(describe, arguments, 1, nil) else { return unknown(exception) }
    defer { cps_release(parts) }
    guard let value = try? PythonValue(parts) else { return unknown(exception) }
    return error(from: value)
  }

  private nonisolated static func unknown(_ exception: PythonObject) -> PythonError {
    cps_release(cps_take_error())
    return PythonError(
      type: String(cString: cps_type_name(exception)), message: "", traceback: "", causes: [], exitCode: 1,
      hint: nil)
  }

  /// From what `_describe` returns.
  nonisolated static func error(from description: PythonValue) -> PythonError {
    let parts = description.elements ?? []
    let causes = (parts[4].elements ?? []).map { cause in
      PythonError.Cause(
        type: cause.elements?[0].string ?? "", message: cause.elements?[1].string ?? "")
    }
    return PythonError(
      type: parts[0].string ?? "", message: parts[1].string ?? "", traceback: parts[2].string ?? "",
      causes: causes, exitCode: Int32(parts[3].int ?? 1), hint: parts[5].string.flatMap(hint(missing:)))
  }

  private nonisolated static func hint(missing module: String) -> String? {
    guard let installation = PythonProcess.installation else { return nil }
    let package = module.split(separator: ".").first.map(String.init) ?? module
    return "\(module) was looked for by \(installation.summary); "
      + "install it with: \(installation.launcher) -m pip install \(package)"
  }
}
