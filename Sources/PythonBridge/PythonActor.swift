/// Everything that touches Python runs here: one thread of its own, which holds the interpreter's lock while it works.
/// It never runs on Swift's cooperative pool, so Python that sleeps or computes holds up nobody but other Python.
///
/// Code of your own may be isolated to it, to make several calls without changing threads; see
/// ``PythonInterpreter/perform(_:)``.
@globalActor
public actor PythonActor {
  /// The one interpreter's thread.
  public static let shared = PythonActor()

  private init() {}

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    PythonThread.shared.asUnownedSerialExecutor()
  }
}
