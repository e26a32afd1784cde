#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A small shell that outlives us by a moment: when our process ends, however it ends, it kills the server and
/// removes its folder.
///
/// It reads pids from a stream whose other end only we hold. The last one read is the server's; end of file means that
/// we are gone. (`PR_SET_PDEATHSIG` will not do: it follows the *thread* that started the child, and pool threads end.)
struct ServerGuard: Sendable {
  private let shell: ChildProcess
  private let pipe: Int32

  private static let script = """
    trap '' INT TERM HUP
    pid=0
    while read -r next; do pid=$next; done
    [ "$pid" -gt 0 ] && kill -9 "$pid"
    rm -rf -- "$1"
    """

  init(folder: String) throws(RedisServerError) {
    // A socket pair and no pipe: it is made with CLOEXEC in one step, so that no child of another thread holds an end.
    let (far, near) = try LoopbackSocket.pair()
    defer { close(far) }
    do throws(RedisServerError) {
      shell = try ChildProcess(
        "/bin/sh", ["-c", Self.script, "redis-patterns-guard", folder], input: far)
    } catch {
      close(near)
      throw error
    }
    pipe = near
  }

  /// Tells which process to end with us; nil when none is left.
  func watch(_ pid: pid_t?) {
    var line = "\(pid ?? 0)\n"
    _ = LoopbackSocket.send(pipe, &line)
  }

  /// What our death would do: the stream ends without a last word.
  func abandon() { shutdown(pipe, Int32(SHUT_RDWR)) }

  /// Lets it clean up now, and waits until it has.
  func finish() {
    close(pipe)
    shell.reap()
  }
}
