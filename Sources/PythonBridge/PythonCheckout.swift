/// A source tree of this project, in which a program may run before anything is installed.
public struct PythonCheckout: Sendable, Hashable {
  /// The folder that holds `Package.swift` and `python/`.
  public let root: String

  /// `REDIS_PATTERNS_ROOT`, else the nearest folder above one of the places that holds `Package.swift` and `lua/`.
  public static func find(near places: [String]) -> PythonCheckout? {
    if let root = Environment.value("REDIS_PATTERNS_ROOT") { return PythonCheckout(root: root) }
    for place in places {
      var folder = Files.absolute(place)
      while folder != "/" && !folder.isEmpty {
        if Files.exists(folder + "/Package.swift") && Files.exists(folder + "/lua/locks") {
          return PythonCheckout(root: folder)
        }
        folder = Files.parent(folder)
      }
    }
    return nil
  }

  /// `REDIS_PATTERNS_VENV`, else the environment that `scripts/bootstrap` makes in the tree.
  public var venv: String? {
    if let path = Environment.value("REDIS_PATTERNS_VENV") { return path }
    return Files.exists(root + "/.venv/pyvenv.cfg") ? root + "/.venv" : nil
  }

  /// The folder that holds the package `redis_patterns`.
  public var pythonSource: String { root + "/python/src" }

  /// The scripts of the checkout.
  public var luaDirectory: String { root + "/lua" }

  /// The environment and the package of this tree: what tests start the interpreter with.
  public var configuration: PythonConfiguration {
    PythonConfiguration(venv: venv, paths: [pythonSource])
  }
}
