import Hiredis
import ParitySupport
import RESP

/// A language with one deliberate fault, to show that the comparison sees it.
struct Meddler: ParityLanguage {
  enum Fault: String, CaseIterable {
    /// A duration reaches the server one microsecond longer.
    case changedArgument
    /// A key is kept one millisecond longer.
    case changedTTL
    /// A key is kept forever.
    case immortalKey
    /// The status word of the last outcome is another.
    case changedOutcome
    /// One command more, which changes nothing.
    case extraCommand
    /// One key more.
    case extraKey
    /// One step less.
    case lostStep
    /// The language cannot play at all.
    case failure
  }

  let base: any ParityLanguage
  let fault: Fault
  var name: String { base.name }

  func play(_ scenario: Scenario, steps: Range<Int>, on url: RedisURL) async throws -> [JSONValue] {
    let scenario = fault == .changedArgument ? longer(scenario, steps) : scenario
    var outcomes = try await base.play(scenario, steps: fault == .lostStep ? steps.dropLast() : steps, on: url)
    let redis = try RedisClient(url)
    defer { redis.close() }
    switch fault {
    case .changedOutcome: outcomes[outcomes.count - 1] = ["status": "granted"]
    case .failure: throw ParityError("the module is not there")
    case .changedTTL, .immortalKey:
      for state in try await Keyspace.dump(redis) {
        guard let at = state.expiresAtMs else { continue }
        let command =
          fault == .changedTTL ? RESPCommand("PEXPIREAT", state.key, at + 1) : RESPCommand("PERSIST", state.key)
        _ = try await redis.execute(command)
      }
    case .extraCommand: _ = try await redis.execute(RESPCommand("EXISTS", "a"))
    case .extraKey: _ = try await redis.execute(RESPCommand("SET", "a", "b", "PX", 60_000))
    case .changedArgument, .lostStep: break
    }
    return outcomes
  }

  private func longer(_ scenario: Scenario, _ steps: Range<Int>) -> Scenario {
    var copy = scenario
    for at in steps {
      guard case .operation(let name, .object(var given)) = copy.steps[at].action else { continue }
      for field in ["ttl_us", "patience_us"] { given[field] = given[field]?.int.map { .int($0 + 1) } }
      copy.steps[at].action = .operation(name, given: .object(given))
    }
    return copy
  }
}

extension Range<Int> {
  fileprivate func dropLast() -> Range<Int> { lowerBound..<Swift.max(lowerBound, upperBound - 1) }
}
