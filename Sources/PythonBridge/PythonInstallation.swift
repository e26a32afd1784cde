import CPythonSupport

/// The Python that the loaded libpython belongs to, and the virtual environment chosen for it. `PATH` has no say: its
/// `python3` may be another build, whose standard library does not fit.
struct PythonInstallation: Sendable, Hashable {
  /// `3.11.2`.
  let version: String
  let library: String
  /// The interpreter beside the library: `/usr/bin/python3.11`.
  let executable: String
  let venv: PythonVenv?

  /// What `sys.executable` shall be.
  var launcher: String { venv?.executable ?? executable }

  /// `python 3.11.2 of /usr with the virtual environment …`.
  var summary: String {
    "Python \(version) (\(library))" + (venv.map { " with the virtual environment \($0.path)" } ?? "")
  }

  static func find(venv: String?, isolated: Bool) throws(PythonStartError) -> PythonInstallation {
    if let reason = cps_unavailable_reason() {
      throw PythonStartError("Python is not available", remedy: String(cString: reason))
    }
    let version = String(cString: cps_version())
    guard let path = cps_library_path(), let library = Files.resolved(String(cString: path)) else {
      throw PythonStartError(
        "the loaded Python \(version) cannot be located",
        remedy: "link a shared libpython: build Python with --enable-shared")
    }
    let (executable, prefix) = try interpreter(of: library, version)
    if !isolated { try checkHome(version, library, prefix) }
    let chosen = try PythonVenv.choose(explicit: venv, version: version, executable: executable)
    return PythonInstallation(version: version, library: library, executable: executable, venv: chosen)
  }

  /// `<prefix>/bin/pythonX.Y`, the prefix being a parent folder of the library.
  private static func interpreter(
    of library: String, _ version: String
  ) throws(PythonStartError) -> (executable: String, prefix: String) {
    let name = "python" + version.split(separator: ".").prefix(2).joined(separator: ".")
    var folder = Files.parent(library)
    while folder != "/" && folder != "." {
      let candidate = folder + "/bin/" + name
      if Files.isExecutable(candidate) { return (candidate, folder) }
      folder = Files.parent(folder)
    }
    throw PythonStartError(
      "no \(name) was found beside \(library)",
      remedy: "install the interpreter that belongs to it (Debian, Ubuntu: apt-get install \(name))")
  }

  private static func checkHome(
    _ version: String, _ library: String, _ prefix: String
  ) throws(PythonStartError) {
    guard let home = Environment.value("PYTHONHOME") else { return }
    let folder = home.split(separator: ":").first.map(String.init) ?? home
    if Files.resolved(folder) == Files.resolved(prefix) { return }
    let what = Files.exists(folder) ? "is another Python's" : "does not exist"
    throw PythonStartError(
      "PYTHONHOME=\(home) \(what); this program runs Python \(version) of \(prefix) (\(library))",
      remedy: "run: unset PYTHONHOME")
  }
}
