import ArgumentParser
import Hiredis
import ParitySupport
import RedisPatterns

/// One Swift process of a mixed fleet, for tests. Its words are those of `python -m redis_patterns._fleet`.
struct FleetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet", abstract: "One worker of a mixed fleet, for tests.", shouldDisplay: false,
    subcommands: [
      Bucket.self, Locking.self, Caching.self, Refreshing.self, LoggingIn.self, Streaming.self, Ranking.self,
      Counting.self,
      Queueing.self,
    ])

  struct Options: ParsableArguments {
    @Option(help: "The server.") var url: String
    @Option(help: "What all keys begin with.") var namespace: String
    @Option(help: "How many workers there are in all.") var workers: Int
    @Flag(help: "One JSON document on standard output; there is no other form.") var json = false

    func run(_ work: @escaping @Sendable (FleetWorker) async throws -> JSONValue) throws {
      let (url, namespace, workers) = (url, namespace, workers)
      try runAsync {
        let redis = try RedisClient(url)
        defer { redis.close() }
        print(try await work(FleetWorker(on: redis, namespace: namespace, workers: workers)).text)
      }
    }
  }

  struct Bucket: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bucket", abstract: "Take from one bucket.")
    @OptionGroup var options: Options
    @Option var id = "fleet"
    @Option var limit: Int
    @Option var perUs: Int
    @Option var burst: Int
    @Option var attempts: Int
    @Flag var naive = false

    func run() throws {
      let (id, attempts, naive) = (id, attempts, naive)
      let limit = RateLimit.tokenBucket(limit, per: .microseconds(perUs), burst: burst)
      try options.run { try await $0.bucket(id: id, limit: limit, attempts: attempts, naive: naive) }
    }
  }

  struct Locking: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "lock", abstract: "Enter one critical section.")
    @OptionGroup var options: Options
    @Option var name = "fleet"
    @Option var rounds: Int
    @Flag var naive = false

    func run() throws {
      let (name, rounds, naive) = (name, rounds, naive)
      try options.run { try await $0.lock(name: name, rounds: rounds, naive: naive) }
    }
  }

  struct Caching: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cache", abstract: "Ask for the same cold keys.")
    @OptionGroup var options: Options
    @Option var keys: Int
    @Option var loadUs: Int64 = 20_000
    @Flag var naive = false

    func run() throws {
      let (keys, loadUs, naive) = (keys, loadUs, naive)
      try options.run { try await $0.cache(keys: keys, loadUs: loadUs, naive: naive) }
    }
  }

  struct Refreshing: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "refresh", abstract: "Ask for one key until it has been loaded so many times.")
    @OptionGroup var options: Options
    @Option var loads: Int64
    @Option var ttlUs: Int64
    @Option var loadUs: Int64 = 20_000
    @Flag var naive = false

    func run() throws {
      let (loads, ttlUs, loadUs, naive) = (loads, ttlUs, loadUs, naive)
      try options.run { try await $0.refresh(loads: loads, ttlUs: ttlUs, loadUs: loadUs, naive: naive) }
    }
  }

  struct LoggingIn: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "session", abstract: "Log one user in, and share a session until it is ended.")
    @OptionGroup var options: Options
    @Option var logins: Int
    @Option var limit: Int
    @Option var rounds: Int
    @Flag var naive = false

    func run() throws {
      let (logins, limit, rounds, naive) = (logins, limit, rounds, naive)
      try options.run { try await $0.session(logins: logins, limit: limit, rounds: rounds, naive: naive) }
    }
  }

  struct Streaming: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stream", abstract: "Work on one stream.")
    @OptionGroup var options: Options
    @Option var name = "fleet"
    @Option var consumer: String
    @Option var idleUs: Int64
    @Option var workUs: Int64
    @Flag var naive = false

    func run() throws {
      let (name, consumer, idleUs, workUs, naive) = (name, consumer, idleUs, workUs, naive)
      try options.run {
        try await $0.stream(name: name, consumer: consumer, idleUs: idleUs, workUs: workUs, naive: naive)
      }
    }
  }
}
