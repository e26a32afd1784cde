import Hiredis
import RESP
import RedisPatternsTesting

/// Where scenarios are played: a private server that is emptied and watched, or a namespace on somebody's server.
public struct ParityStage: Sendable {
  private enum Place: Sendable {
    case owned(CommandMonitor, RedisServer)
    case shared(namespace: String)
  }

  let url: RedisURL
  private let place: Place
  /// Nobody else is on the server, so it may be emptied and watched.
  public var isPrivate: Bool { if case .owned = place { true } else { false } }

  /// A connection to the same database, for looking only.
  public let redis: RedisClient

  /// A private server; every playthrough gets its database empty and is recorded.
  public init(owning server: RedisServer, database: Int = 0) throws(RedisError) {
    var url = RedisURL(endpoint: .unixSocket(path: server.socketPath))
    url.database = database
    self.url = url
    place = .owned(try CommandMonitor(socketPath: server.socketPath), server)
    redis = try RedisClient(url)
  }

  /// A server that others use: only keys of this namespace are touched, nothing is recorded.
  /// - Parameter namespace: one that nobody else uses.
  public init(sharing url: RedisURL, namespace: String) throws(RedisError) {
    self.url = url
    place = .shared(namespace: namespace)
    redis = try RedisClient(url)
  }

  /// Plays a scenario from an empty beginning, and empties the stage again, also when it fails or is cancelled.
  /// - Throws: what kept it from being played; a step that failed is an outcome.
  public func play(_ scenario: Scenario, by cast: Cast) async throws -> Playthrough {
    try await emptied {
      var scenario = scenario
      if case .shared(let namespace) = place { scenario = scenario.inNamespace(namespace) }
      var outcomes: [JSONValue] = []
      for turn in try cast.turns(of: scenario) {
        let language = turn.language ?? SwiftLanguage()
        try Task.checkCancellation()
        // A cancelled call may still reach the server, after we have cleaned up: a turn is always played to its end.
        let played = try await Task { [scenario] in try await language.play(scenario, steps: turn.steps, on: url) }
          .value
        guard played.count == turn.steps.count else {
          throw ParityError("\(language.name) answered \(played.count) of \(turn.steps.count) steps")
        }
        outcomes += played
      }
      let commands = try await recorded()
      let keyspace = try await keys().map { $0.json(startUs: scenario.startUs).canonical }
      return Playthrough(by: cast.name, outcomes: outcomes.map(\.canonical), keyspace: keyspace, commands: commands)
    }
  }

  /// Empties the stage, works, and empties it again in every case.
  func emptied<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await clear()
    do {
      let value = try await body()
      try await clear()
      return value
    } catch {
      // A cancelled task could not send what is needed to clean up, so another one does.
      await Task { try? await clear() }.value
      throw error
    }
  }

  /// Every key on the stage, by its name without our namespace.
  func keys() async throws(RedisError) -> [KeyState] {
    try await Keyspace.dump(redis, prefix: prefix).map { state in
      var state = state
      state.key.removeFirst(prefix.isEmpty ? 0 : prefix.count + 1)
      return state
    }
  }

  /// Removes every key of ours.
  public func clear() async throws(RedisError) {
    switch place {
    case .owned(let monitor, _):
      _ = try await redis.execute(RESPCommand("FLUSHDB"))
      // Both languages begin without scripts, so that both show what they do about NOSCRIPT.
      _ = try await redis.execute(RESPCommand("SCRIPT", "FLUSH"))
      _ = try await monitor.drain(through: redis)
    case .shared:
      for key in try await Keyspace.names(redis, prefix: prefix) {
        _ = try await redis.execute(RESPCommand("UNLINK", key))
      }
    }
  }

  public func close() {
    if case .owned(let monitor, _) = place { monitor.stop() }
    redis.close()
  }

  /// What clients sent since the stage was cleared; nil where nothing is recorded.
  public func recorded() async throws(RedisError) -> [SentCommand]? {
    guard case .owned(let monitor, _) = place else { return nil }
    return try await monitor.drain(through: redis).sent(to: url.database)
  }

  /// Where examples put their keys.
  var exampleNamespace: String {
    if case .shared(let namespace) = place { namespace } else { "example" }
  }

  private var prefix: String {
    if case .shared(let namespace) = place { namespace } else { "" }
  }
}
