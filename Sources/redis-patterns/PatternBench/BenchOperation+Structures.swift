import RESP
import RedisPatterns

extension BenchOperation {
  static let structures: [BenchOperation] = [
    BenchOperation("structures: counter, add") { redis in
      let visits = SharedCounter("visits", on: redis, ttl: .seconds(3600))
      return { _ in try await visits.add() }
    },
    BenchOperation("structures: leaderboard of 100, submit") { redis in
      let league = Leaderboard("league", on: redis)
      return { at in try await league.submit("player\(at % 100)", at) }
    },
  ]
}
