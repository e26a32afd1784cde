/// A virtual environment that fits the loaded Python.
struct PythonVenv: Sendable, Hashable {
  let path: String
  /// Not resolved: Python recognises an environment by the place of this link.
  let executable: String

  /// Explicit, else `REDIS_PATTERNS_VENV`, else `VIRTUAL_ENV`, else none.
  static func choose(
    explicit: String?, version: String, executable: String
  ) throws(PythonStartError) -> PythonVenv? {
    if let explicit { return try check(explicit, "the configured", version, executable) }
    for name in ["REDIS_PATTERNS_VENV", "VIRTUAL_ENV"] {
      if let path = Environment.value(name) { return try check(path, name, version, executable) }
    }
    return nil
  }

  private static func check(
    _ path: String, _ origin: String, _ version: String, _ executable: String
  ) throws(PythonStartError) -> PythonVenv {
    let path = Files.absolute(path)
    let remedy = "run: \(executable) -m venv --clear \(path)"
    let subject = "the virtual environment \(path) (\(origin))"
    guard Files.exists(path) else { throw PythonStartError("\(subject) does not exist", remedy: remedy) }
    guard let settings = Files.read(path + "/pyvenv.cfg") else {
      throw PythonStartError("\(subject) is none: it has no pyvenv.cfg", remedy: remedy)
    }
    // Equal major and minor numbers are not enough: extension modules of the standard library differ between X.Y.Z.
    guard let made = fullVersion(settings), made == version else {
      let other = fullVersion(settings) ?? "an unknown version"
      throw PythonStartError(
        "\(subject) was made by Python \(other), but this program runs Python \(version)", remedy: remedy)
    }
    guard
      let interpreter = ["/bin/python3", "/bin/python"].map({ path + $0 }).first(where: Files.isExecutable)
    else { throw PythonStartError("\(subject) has no interpreter in \(path)/bin", remedy: remedy) }
    return PythonVenv(path: path, executable: interpreter)
  }

  /// `version = 3.11.2` (venv), `version_info = 3.11.2.final.0` (virtualenv) or `3.11.2` (uv).
  static func fullVersion(_ settings: String) -> String? {
    for line in settings.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
      guard parts.count == 2, parts[0] == "version" || parts[0] == "version_info" else { continue }
      let numbers = parts[1].split(separator: ".").prefix(3)
      if numbers.count == 3 { return numbers.joined(separator: ".") }
    }
    return nil
  }
}
