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
    BenchOperation("structures: versioned object, write") { redis in
      let basket = VersionedObject("basket", on: redis, ttl: .seconds(3600))
      return { at in _ = try await basket.write(["item": "\(at)"], seen: Int64(at)) }
    },
    BenchOperation("structures: recents of 100, add") { redis in
      let pages = RecentItems("pages", on: redis, ttl: .seconds(3600))
      return { at in _ = try await pages.add("page\(at)") }
    },
    BenchOperation("structures: queue, push, pop and ack") { redis in
      let mails = ReliableQueue("mails", on: redis)
      return { _ in
        _ = try await mails.push(value)
        _ = try await mails.pop()?.ack()
      }
    },
    BenchOperation("structures: tags, add two") { redis in
      let posts = TagIndex("posts", on: redis, ttl: .seconds(3600))
      return { at in _ = try await posts.add("post\(at % 1000)", ["swift", "redis"]) }
    },
    BenchOperation("structures: time series, add") { redis in
      let load = TimeSeries("load", on: redis, keep: .seconds(3600))
      return { at in _ = try await load.add(at) }
    },
    BenchOperation("structures: unique counter, add") { redis in
      let visitors = UniqueCounter("visitors", on: redis)
      return { at in _ = try await visitors.add(["user\(at)"]) }
    },
    BenchOperation("structures: event log, append 300 bytes") { redis in
      let orders = EventLog("orders", on: redis, keep: .seconds(3600))
      return { _ in _ = try await orders.append("placed", payload: value) }
    },
  ]
}
