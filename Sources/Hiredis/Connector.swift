import CRedisSupport
import RESP

/// Opens one connection on a thread of its own, because name resolution blocks: dial, then AUTH, SELECT, CLIENT SETNAME.
final class Connector: Sendable {
  /// A connected transport on its way to the loop. One owner at a time.
  struct Connected: @unchecked Sendable {
    let transport: OpaquePointer
  }
  typealias Completion = @Sendable (Result<Connected, RedisError>) -> Void

  private let url: RedisURL
  private let options: RedisClientOptions
  private let completion: Completion

  private init(_ url: RedisURL, _ options: RedisClientOptions, _ completion: @escaping Completion) {
    self.url = url
    self.options = options
    self.completion = completion
  }

  /// Calls back exactly once, on the thread or, when there is none to be had, at once.
  static func start(_ url: RedisURL, _ options: RedisClientOptions, _ completion: @escaping Completion) {
    let connector = Connector(url, options, completion)
    let boxed = Unmanaged.passRetained(connector)
    let status = rps_thread_start(
      "redis-connect",
      { argument in
        let connector = Unmanaged<Connector>.fromOpaque(argument).takeRetainedValue()
        connector.completion(Result { () throws(RedisError) in try connector.connect() })
      }, boxed.toOpaque())
    if status != 0 {
      boxed.release()
      completion(.failure(connector.failure("no thread could be started (errno \(status))")))
    }
  }

  private func connect() throws(RedisError) -> Connected {
    let until = rps_now() &+ min(options.connectTimeout.nanoseconds, 3_600_000_000_000)
    var reason = [CChar](repeating: 0, count: 256)
    let limit = Self.milliseconds(until: until)
    let descriptor =
      switch url.endpoint {
      case .tcp(let host, let port): rps_dial_tcp(host, Int32(port), limit, &reason, reason.count)
      case .unixSocket(let path): rps_dial_unix(path, limit, &reason, reason.count)
      }
    guard descriptor >= 0 else {
      throw failure(String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    let builder = UnsafeMutablePointer<ReplyBuilder>.allocate(capacity: 1)
    builder.initialize(to: ReplyBuilder(.init(bytes: 65_536, elements: 64)))
    let sink = UnsafeMutablePointer<rps_sink_t>.allocate(capacity: 1)
    sink.initialize(to: ReplyBuilder.sink(builder))
    defer {
      sink.deallocate()
      builder.deinitialize(count: 1)
      builder.deallocate()
    }
    guard let transport = rps_transport_open(descriptor, sink) else { throw failure("no memory") }
    do throws(RedisError) {
      try greet(transport, builder, until)
    } catch {
      rps_transport_close(transport)
      throw error
    }
    return Connected(transport: transport)
  }

  private func greet(
    _ transport: OpaquePointer, _ builder: UnsafeMutablePointer<ReplyBuilder>, _ until: UInt64
  ) throws(RedisError) {
    var commands: [RESPCommand] = []
    if let password = url.password {
      commands.append(url.user.map { RESPCommand("AUTH", $0, password) } ?? RESPCommand("AUTH", password))
    }
    if url.database != 0 { commands.append(RESPCommand("SELECT", url.database)) }
    commands.append(RESPCommand("CLIENT", "SETNAME", url.clientName ?? options.clientName))
    for command in commands {
      try send(transport, command.encoded, until)
      guard case .error(let text) = try receive(transport, builder, until) else { continue }
      let error = RedisError(serverError: text, command: command.name, address: url.address)
      // The name is a courtesy; but its refusal can be the first word of a server that wants no one.
      if command.name != "CLIENT" || error.code == .auth || error.code == .maxClients { throw error }
    }
  }

  private func send(_ transport: OpaquePointer, _ bytes: [UInt8], _ until: UInt64) throws(RedisError) {
    var taken: Int64 = 0
    while taken < bytes.count || rps_transport_unsent(transport) > 0 {
      let status = bytes.withUnsafeBufferPointer {
        rps_transport_send(transport, $0.baseAddress! + Int(taken), bytes.count - Int(taken), &taken)
      }
      guard status == 0 else { throw failure(String(cString: rps_transport_reason(transport))) }
      if rps_transport_unsent(transport) > 0 { try wait(transport, forWrite: true, until) }
    }
  }

  private func receive(
    _ transport: OpaquePointer, _ builder: UnsafeMutablePointer<ReplyBuilder>, _ until: UInt64
  ) throws(RedisError) -> RESPValue {
    while true {
      switch Int(rps_transport_parse(transport, builder.pointee.room)) {
      case RPS_REPLY_COMPLETE: return builder.pointee.take()
      case RPS_REPLY_PARTIAL: break
      default: throw failure("the answer to the first command is no Redis reply", .protocol)
      }
      let got = rps_transport_receive(transport)
      if got < 0 { throw failure(String(cString: rps_transport_reason(transport))) }
      if got == 0 { try wait(transport, forWrite: false, until) }
    }
  }

  private func wait(_ transport: OpaquePointer, forWrite: Bool, _ until: UInt64) throws(RedisError) {
    let limit = Self.milliseconds(until: until)
    if limit > 0, rps_transport_wait(transport, forWrite ? 1 : 0, limit) != 0 { return }
    if Self.milliseconds(until: until) == 0 { throw failure("connected, but the server did not answer in time") }
  }

  private func failure(_ reason: String, _ code: RedisError.Code = .connect) -> RedisError {
    RedisError(code, reason, execution: .notExecuted, address: url.address)
  }

  private static func milliseconds(until: UInt64) -> Int32 {
    let now = rps_now()
    return now >= until ? 0 : Int32(clamping: (until - now) / 1_000_000 + 1)
  }
}
