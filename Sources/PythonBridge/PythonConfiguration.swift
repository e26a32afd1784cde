/// How the process's one interpreter starts.
public struct PythonConfiguration: Sendable, Hashable {
  /// A virtual environment made by the Python that this program is linked with, or `nil` for `REDIS_PATTERNS_VENV`,
  /// else `VIRTUAL_ENV`, else none.
  public var venv: String?
  /// Folders to stand first in `sys.path`.
  public var paths: [String] = []
  /// Ignores `PYTHONPATH` and every other `PYTHON…` variable, and the user's site-packages; honours `venv`.
  public var isolated = false

  /// Made of its parts.
  public init(venv: String? = nil, paths: [String] = [], isolated: Bool = false) {
    self.venv = venv
    self.paths = paths
    self.isolated = isolated
  }
}
