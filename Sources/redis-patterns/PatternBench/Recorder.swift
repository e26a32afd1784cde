import RESP
import Synchronization

/// Passes everything on and keeps it, so that the very same can be sent again by hand.
final class Recorder: RedisExecutor {
  enum Sent: Sendable {
    case command(RESPCommand)
    case pipeline([RESPCommand])
    case script(ScriptCall)

    func send(_ redis: some RedisExecutor) async throws(RedisError) {
      switch self {
      case .command(let command): _ = try await redis.execute(command)
      case .pipeline(let commands): _ = await redis.pipeline(commands)
      case .script(let call): _ = try await redis.run(call)
      }
    }
  }

  private let redis: any RedisExecutor
  private let list = Mutex<[Sent]>([])
  var sent: [Sent] { list.withLock { $0 } }

  init(_ redis: any RedisExecutor) { self.redis = redis }

  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    list.withLock { $0.append(.command(command)) }
    return try await redis.execute(command)
  }

  func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    list.withLock { $0.append(.pipeline(commands)) }
    return await redis.pipeline(commands)
  }

  func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    list.withLock { $0.append(.script(call)) }
    return try await redis.run(call)
  }
}
