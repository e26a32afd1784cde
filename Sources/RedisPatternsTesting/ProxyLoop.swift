import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The proxy's one thread: moves bytes between pairs of sockets, and commits the fault of the moment.
final class ProxyLoop: Sendable {
  /// Changes the state if asked to, and tells the fault of the moment; nil when the proxy was closed.
  typealias Report = @Sendable ((inout FaultProxy.State) -> Void) -> FaultProxy.Fault?

  private struct Pair {
    let client: Int32
    let server: Int32
    /// What drips.
    var held: [UInt8] = []
    var ended = false
  }

  private let listener: Int32
  private let wake: Int32
  private let upstream: String
  private let report: Report

  init(listener: Int32, wake: Int32, upstream: String, report: @escaping Report) {
    self.listener = listener
    self.wake = wake
    self.upstream = upstream
    self.report = report
  }

  func run() {
    var pairs: [Pair] = []
    defer {
      for pair in pairs { end(pair) }
      close(listener)
      close(wake)
    }
    while let fault = report({ _ in }) {
      var watched = [
        pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
      ]
      for pair in pairs where fault != .blackhole {
        watched.append(pollfd(fd: pair.client, events: Int16(POLLIN), revents: 0))
        watched.append(pollfd(fd: pair.server, events: Int16(POLLIN), revents: 0))
      }
      let dripping = pairs.contains { !$0.held.isEmpty }
      if poll(&watched, nfds_t(watched.count), dripping ? 1 : -1) < 0, errno != EINTR { return }
      if watched[1].revents != 0, !drain() { return }
      // The fault may have been set while we waited.
      guard report({ _ in }) != nil else { return }
      for index in pairs.indices where watched.count > 3 + 2 * index {
        if watched[2 + 2 * index].revents != 0 { request(&pairs[index]) }
        if !pairs[index].ended, watched[3 + 2 * index].revents != 0 { reply(&pairs[index]) }
      }
      for index in pairs.indices where !pairs[index].ended && !pairs[index].held.isEmpty {
        let byte = pairs[index].held.removeFirst()
        if !send([byte], to: pairs[index].client) { pairs[index].ended = true }
      }
      for pair in pairs where pair.ended { end(pair) }
      pairs.removeAll(where: \.ended)
      if watched[0].revents != 0, let pair = accepted() { pairs.append(pair) }
    }
  }

  private func accepted() -> Pair? {
    let client = accept(listener, nil, nil)
    guard client >= 0 else { return nil }
    _ = fcntl(client, F_SETFD, FD_CLOEXEC)
    let fault = report { $0.connections += 1 }
    let server = LoopbackSocket.make(AF_UNIX)
    guard fault != .refuse, LoopbackSocket.connect(server, path: upstream) else {
      if fault == .refuse { _ = report { $0.fired += 1 } }
      close(client)
      close(server)
      return nil
    }
    return Pair(client: client, server: server)
  }

  private func request(_ pair: inout Pair) {
    guard let bytes = receive(pair.client) else {
      pair.ended = true
      return
    }
    if strike({ $0 == .resetRequest }) != nil {
      reset(pair.client)
      pair.ended = true
      return
    }
    if !send(bytes, to: pair.server) { pair.ended = true }
  }

  private func reply(_ pair: inout Pair) {
    guard let bytes = receive(pair.server) else {
      pair.ended = true
      return
    }
    switch strike({ $0 != .none && $0 != .resetRequest && $0 != .refuse && $0 != .blackhole }) {
    case .dropReply: pair.ended = true
    case .reset:
      reset(pair.client)
      pair.ended = true
    case .truncate(let count):
      _ = send(Array(bytes.prefix(count)), to: pair.client)
      pair.ended = true
    case .replace(let others): if !send(others, to: pair.client) { pair.ended = true }
    case .drip: pair.held += bytes
    default:
      if !pair.held.isEmpty {
        pair.held += bytes
      } else if !send(bytes, to: pair.client) {
        pair.ended = true
      }
    }
  }

  /// The fault if it is one of those; a fault that strikes once is over with it.
  private func strike(_ isMeant: (FaultProxy.Fault) -> Bool) -> FaultProxy.Fault? {
    var struck: FaultProxy.Fault?
    _ = report { state in
      guard isMeant(state.fault) else { return }
      struck = state.fault
      state.fired += 1
      if state.fault != .drip { state.fault = .none }
    }
    return struck
  }

  private func receive(_ descriptor: Int32) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, 65_536))
    }
    return bytes.isEmpty ? nil : bytes
  }

  private func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBufferPointer {
        LoopbackSocket.send(descriptor, UnsafeBufferPointer(rebasing: $0[sent...]))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  /// The close that follows is a reset instead of an orderly end.
  private func reset(_ descriptor: Int32) {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }

  private func end(_ pair: Pair) {
    close(pair.client)
    close(pair.server)
  }

  /// False when the other end is gone.
  private func drain() -> Bool {
    var bytes: (UInt64, UInt64) = (0, 0)
    return read(wake, &bytes, 16) > 0
  }
}
