import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A TCP proxy before a private server that does wrong on command: what networks do, at the moment a test chooses.
///
/// ```swift
/// let proxy = try FaultProxy(to: server)
/// let redis = try RedisClient(proxy.url)
/// proxy.fault = .dropReply
/// ```
public final class FaultProxy: Sendable {
  /// What the proxy does to the traffic.
  public enum Fault: Sendable, Hashable {
    /// Passes everything.
    case none
    /// Once: the request reaches the server, its reply is swallowed, the connection ends.
    case dropReply
    /// Once: the reply is swallowed and the connection is reset (RST).
    case reset
    /// Once: the connection is reset at the next request, which does not reach the server.
    case resetRequest
    /// Once: so many bytes of the reply, then the connection ends.
    case truncate(Int)
    /// Once: these bytes instead of the reply; the connection stays.
    case replace([UInt8])
    /// While set: replies come byte by byte, one every millisecond.
    case drip
    /// While set: nothing passes, nothing ends. The half-open connection.
    case blackhole
    /// While set: new connections are closed at once.
    case refuse
  }

  struct State {
    var fault = Fault.none
    var fired = 0
    var connections = 0
    var closed = false
  }

  /// `redis://127.0.0.1:<port>`
  public let url: String
  /// Where the proxy listens, on 127.0.0.1.
  public let port: Int

  private let state: Mutex<State>
  private let wake: Int32

  /// Starts a proxy in front of a server. Throws `RedisServerError` when no port is free.
  public init(to server: RedisServer) throws(RedisServerError) {
    let listener = LoopbackSocket.make(AF_INET)
    guard listener >= 0, LoopbackSocket.bind(listener, port: 0), listen(listener, 64) == 0,
      let port = LoopbackSocket.port(of: listener)
    else {
      closeDescriptor(listener)
      throw .system("no port for the proxy: \(String(cString: strerror(errno)))")
    }
    let (far, near) = try LoopbackSocket.pair()
    self.port = port
    url = "redis://127.0.0.1:\(port)"
    wake = near
    state = Mutex(State())
    let loop = ProxyLoop(listener: listener, wake: far, upstream: server.socketPath) { [weak self] change in
      guard let self else { return nil }
      return state.withLock { state in
        change(&state)
        return state.closed ? nil : state.fault
      }
    }
    Thread.detachNewThread { loop.run() }
  }

  deinit { close() }

  /// What goes wrong from now on.
  public var fault: Fault {
    get { state.withLock { $0.fault } }
    set {
      state.withLock { $0.fault = newValue }
      nudge()
    }
  }

  /// How many times a fault has struck: a test that struck nothing proves nothing.
  public var fired: Int { state.withLock { $0.fired } }

  /// Connections accepted so far.
  public var connections: Int { state.withLock { $0.connections } }

  /// Ends all connections and the proxy.
  public func close() {
    let first = state.withLock { state in
      defer { state.closed = true }
      return !state.closed
    }
    guard first else { return }
    nudge()
    closeDescriptor(wake)
  }

  private func nudge() {
    var byte = "!"
    _ = LoopbackSocket.send(wake, &byte)
  }
}

// Inside the class `close` is the method; this names the function.
func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
