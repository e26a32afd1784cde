import CRedisSupport
import RESP
import Synchronization

/// One connection with a thread of its own: sends what waits, reads as many replies.
final class ThinConnection: Sendable {
  typealias Waiter = UnsafeContinuation<Result<RESPValue, RedisError>, Never>
  struct Queue {
    var bytes: [UInt8] = []
    var waiters: [Waiter] = []
    var closed = false
  }

  let url: RedisURL
  let options: RedisClientOptions
  private let queue = Mutex(Queue())
  private let poller: Mutex<rps_poller_t>

  init(_ url: RedisURL, _ options: RedisClientOptions) {
    self.url = url
    self.options = options
    var poller = rps_poller_t()
    _ = rps_poller_open(&poller)
    self.poller = Mutex(poller)
    _ = rps_thread_start(
      "redis", { Unmanaged<ThinConnection>.fromOpaque($0).takeRetainedValue().work() },
      Unmanaged.passRetained(self).toOpaque())
  }

  func submit(_ bytes: [UInt8]) async -> Result<RESPValue, RedisError> {
    await withUnsafeContinuation { (waiter: Waiter) in
      let closed = queue.withLock { queue in
        if queue.closed { return true }
        queue.bytes += bytes
        queue.waiters.append(waiter)
        return false
      }
      if closed {
        waiter.resume(returning: .failure(error(.closed, "the client was closed", .notExecuted)))
      } else {
        wake()
      }
    }
  }

  func close() {
    queue.withLock { $0.closed = true }
    wake()
  }

  private func wake() { poller.withLock { rps_poller_wake(&$0) } }

  private func error(_ code: RedisError.Code, _ text: String, _ execution: RedisError.Execution) -> RedisError
  {
    RedisError(code, text, execution: execution, address: url.address)
  }

  private func work() {
    var pollerCopy = poller.withLock { $0 }
    let builder = UnsafeMutablePointer<ReplyBuilder>.allocate(capacity: 1)
    builder.initialize(
      to: ReplyBuilder(.init(bytes: options.maxReplyBytes, elements: options.maxReplyElements)))
    var sink = ReplyBuilder.sink(builder)
    var transport: OpaquePointer?
    while true {
      let (batch, closed) = queue.withLock { queue in
        defer {
          queue.bytes = []
          queue.waiters = []
        }
        return (queue, queue.closed)
      }
      if batch.waiters.isEmpty {
        if closed { break }
        var events = rps_event_t()
        _ = rps_poller_wait(&pollerCopy, &events, 1, -1)
        continue
      }
      var done = 0
      do throws(RedisError) {
        if transport == nil { transport = try connect(&sink, builder) }
        try send(transport!, batch.bytes)
        while done < batch.waiters.count {
          let value = try reply(transport!, builder)
          batch.waiters[done].resume(returning: .success(value))
          done += 1
        }
      } catch {
        let connected = transport != nil
        if let open = transport { rps_transport_close(open) }
        transport = nil
        builder.pointee = ReplyBuilder(builder.pointee.limits)
        for waiter in batch.waiters[done...] {
          waiter.resume(
            returning: .failure(connected ? error : self.error(error.code, error.message, .notExecuted)))
        }
      }
    }
    if let transport { rps_transport_close(transport) }
    poller.withLock { rps_poller_close(&$0) }
    builder.deinitialize(count: 1)
    builder.deallocate()
  }

  private func connect(
    _ sink: inout rps_sink_t, _ builder: UnsafeMutablePointer<ReplyBuilder>
  ) throws(RedisError) -> OpaquePointer {
    var reason = [CChar](repeating: 0, count: 256)
    let descriptor =
      switch url.endpoint {
      case .tcp(let host, let port): rps_dial_tcp(host, Int32(port), 1800, &reason, reason.count)
      case .unixSocket(let path): rps_dial_unix(path, 1800, &reason, reason.count)
      }
    guard descriptor >= 0, let transport = rps_transport_open(descriptor, &sink) else {
      throw error(
        .connect, String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self), .notExecuted)
    }
    var commands: [RESPCommand] = []
    if let password = url.password {
      commands.append(url.user.map { RESPCommand("AUTH", $0, password) } ?? RESPCommand("AUTH", password))
    }
    if url.database != 0 { commands.append(RESPCommand("SELECT", url.database)) }
    commands.append(RESPCommand("CLIENT", "SETNAME", url.clientName ?? options.clientName))
    do throws(RedisError) {
      for command in commands {
        try send(transport, command.encoded)
        if case .error(let text) = try reply(transport, builder), command.name != "CLIENT" {
          throw RedisError(serverError: text, command: command.name, address: url.address)
        }
      }
    } catch {
      rps_transport_close(transport)
      throw error
    }
    return transport
  }

  private func send(_ transport: OpaquePointer, _ bytes: [UInt8]) throws(RedisError) {
    var at = 0
    while at < bytes.count || rps_transport_unsent(transport) > 0 {
      let taken = bytes.withUnsafeBufferPointer {
        rps_transport_send(transport, $0.baseAddress! + at, bytes.count - at)
      }
      guard taken >= 0 else { throw lost(transport) }
      at += Int(taken)
      if rps_transport_unsent(transport) > 0, rps_transport_wait(transport, 1, 5000) == 0 {
        throw error(.timeout, "no answer in time", .unknown)
      }
    }
  }

  private func reply(
    _ transport: OpaquePointer, _ builder: UnsafeMutablePointer<ReplyBuilder>
  ) throws(RedisError) -> RESPValue {
    while true {
      switch Int(rps_transport_parse(transport, builder.pointee.room)) {
      case RPS_REPLY_COMPLETE: return builder.pointee.take()
      case RPS_REPLY_PARTIAL: break
      case RPS_REPLY_REFUSED:
        throw error(.limit, builder.pointee.refusal ?? "the reply is too large", .unknown)
      default: throw error(.protocol, String(cString: rps_transport_reason(transport)), .unknown)
      }
      let got = rps_transport_receive(transport)
      if got < 0 { throw lost(transport) }
      if got == 0, rps_transport_wait(transport, 0, 5000) == 0 {
        throw error(.timeout, "no answer in time", .unknown)
      }
    }
  }

  private func lost(_ transport: OpaquePointer) -> RedisError {
    error(.connectionLost, String(cString: rps_transport_reason(transport)), .unknown)
  }
}
