import RESP
import TestSupport

/// Counts the round trips that a pattern makes.
struct Counting: RedisExecutor {
  let redis: any RedisExecutor
  let trips = Box(0)

  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    trips.update { $0 += 1 }
    return try await redis.execute(command)
  }

  func pipeline(_ commands: [RESPCommand]) async -> [Result<RESPValue, RedisError>] {
    trips.update { $0 += 1 }
    return await redis.pipeline(commands)
  }

  func run(_ call: ScriptCall) async throws(RedisError) -> RESPValue {
    trips.update { $0 += 1 }
    return try await redis.run(call)
  }
}
