import Foundation
import RESP
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// A pipelining client with the classic fault: a cancelled call leaves the queue of waiters, and its answer, when it comes,
/// goes to the next one. The control of the cancellation tests.
final class NaivePipeline: Sendable {
  private typealias Waiter = CheckedContinuation<[UInt8]?, any Error>
  private struct State {
    var waiters: [(id: Int, waiter: Waiter)] = []
    var next = 0
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { throw RedisError(.connect, "no server", execution: .notExecuted) }
    Thread.detachNewThread { [self] in read() }
  }

  func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  func echo(_ nonce: String) async throws -> [UInt8]? {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let bytes = RESPCommand("ECHO", nonce).encoded
        state.withLock { state in
          state.waiters.append((id, waiter))
          _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).waiter }
      }
      waiter?.resume(throwing: RedisError(.cancelled, "cancelled", execution: .unknown))
    }
  }

  private func read() {
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count <= 0 { break }
      pending += chunk[..<count]
      // `$<length>\r\n<nonce>\r\n`; a nonce here is shorter than a hundred bytes.
      while let end = pending.firstIndex(of: 10),
        let length = Int(String(decoding: pending[1..<end - 1], as: UTF8.self)),
        pending.count >= end + 1 + length + 2
      {
        let nonce = Array(pending[(end + 1)..<(end + 1 + length)])
        pending.removeFirst(end + 1 + length + 2)
        let waiter = state.withLock { $0.waiters.isEmpty ? nil : $0.waiters.removeFirst().waiter }
        waiter?.resume(returning: nonce)
      }
    }
    let left = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in left { waiter.waiter.resume(returning: nil) }
    Glibc.close(descriptor)
  }
}
