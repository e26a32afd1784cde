import Foundation
import ParitySupport
import TestSupport
import Testing

/// A server that misbehaves at INFO, after the courtesies of a new connection. It ends with `close`.
struct FakeServer {
  let url: String
  private let program: Program

  /// - Parameter manner: `loading`, `dies` (no answer), `late` (dies after one answer), `http`; or `hold:` and bytes in
  ///   hexadecimal, after which it is silent.
  init(_ manner: String) async throws {
    let python = PythonProcessLanguage.interpreter(root: try ProjectRoot.find())
    let words = python.path == "/usr/bin/env" ? ["python3"] : []
    let program = try Program(python.path, words + ["-c", Self.source, manner])
    try await eventually { program.stdout.hasSuffix("\n") || !program.isRunning }
    self.program = program
    url = "redis://127.0.0.1:\(program.stdout.trimmingCharacters(in: .whitespacesAndNewlines))"
  }

  func close() { program.signal(SIGKILL) }

  private static let source = """
    import socket, sys, threading
    manner, _, held = sys.argv[1].partition(":")
    ends = {"dies": b"", "late": b"$2\\r\\n#\\n\\r\\n", "http": b"HTTP/1.1 400\\r\\n\\r\\n", "hold": bytes.fromhex(held)}
    def serve(peer):
        while data := peer.recv(1 << 20):
            if manner == "loading":
                peer.sendall(b"-LOADING Redis is loading the dataset in memory\\r\\n" * data.count(b"*"))
            elif b"INFO\\r\\n" not in data.replace(b"SETINFO", b""):
                peer.sendall(b"+OK\\r\\n" * data.count(b"*"))
            else:
                peer.sendall(ends[manner])
                if manner != "hold":
                    break
        peer.close()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
    """
}
