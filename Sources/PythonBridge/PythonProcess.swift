import CPythonSupport
import Synchronization

/// Who owns the process's one interpreter: ``PythonActor``, or the main thread of the command line.
enum PythonProcess {
  enum Owner: Sendable { case nobody, actor, main }

  private static let owner = Mutex(Owner.nobody)

  private static let running = Mutex<PythonInstallation?>(nil)

  /// What runs on the actor.
  static var installation: PythonInstallation? { running.withLock { $0 } }

  static func started(_ installation: PythonInstallation) { running.withLock { $0 = installation } }

  /// Takes the interpreter for the rest of the process's life.
  static func claim(_ claimant: Owner) throws(PythonStartError) {
    let previous = owner.withLock { owner in
      defer { if owner == .nobody { owner = claimant } }
      return owner
    }
    switch previous {
    case .nobody: install()
    case .actor:
      throw PythonStartError(
        "Python already runs on PythonActor",
        remedy: "call PythonMain.run before any use of PythonInterpreter")
    case .main:
      throw PythonStartError(
        "Python runs on the process's main thread, for a script of the command line",
        remedy: "use PythonInterpreter in a process that does not call PythonMain.run")
    }
  }

  /// The module's Python part, as a C string that lives as long as the process.
  private static func install() {
    let source = PackageResources._redis_patterns_bridge_py
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: source.count + 1)
    for (index, byte) in source.enumerated() { text[index] = CChar(bitPattern: byte) }
    text[source.count] = 0
    cps_install(PythonCallbacks.hooks, text)
  }
}
