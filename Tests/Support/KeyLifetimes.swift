import Foundation
import ParitySupport
import RESP
import RedisPatternsTesting
import Testing

/// How long each kind of key may live, by the contracts in `lua/`: no key of ours is immortal.
public struct KeyLifetimes: Sendable {
  private struct Kind: Sendable {
    /// `lock`, and `fence` for `lock:{x}:fence`; empty for the object's own key.
    let entity: String
    let field: String
    let most: Duration
  }

  /// What the tests use at most, in microseconds; the contracts give bounds in these names.
  public static let mostInTests: [String: Int64] = [
    "ttl_us": 120_000_000, "grace_us": 60_000_000, "backoff_us": 60_000_000, "holdoff_us": 60_000_000,
    "keep_us": 60_000_000, "tag_ttl_us": 720_000_000,
    "patience_us": 60_000_000, "replay_us": 60_000_000, "drain_us": 2 * 86_400_000_000,
    "length_us": 86_400_000_000, "lease_us": 60_000_000, "delay_us": 60_000_000, "kept_us": 2 * 86_400_000_000,
    "idle_us": 3_600_000_000,
  ]

  private let kinds: [Kind]

  /// - Throws: when a contract cannot be read, or its bound has a name that is not known here.
  public init(most values: [String: Int64] = mostInTests) throws {
    let root = try ProjectRoot.find().appending(path: "lua")
    let folders = try FileManager.default.contentsOfDirectory(atPath: root.path)
    kinds = try folders.flatMap { pattern -> [Kind] in
      let file = root.appending(path: "\(pattern)/\(pattern).contract.json")
      guard let data = try? Data(contentsOf: file), let keys = try JSONValue(parsing: data)["keys"]?.object else {
        return []
      }
      // A key that never expires says why in its contract.
      return try keys.values.filter { $0["never"] == nil }.map { key in
        let parts = (key["template"]?.string ?? "").split(separator: ":", maxSplits: 2).map(String.init)
        let bound = try LifetimeBound(key["expires"]?["at_most_us"]?.string ?? "").value(values)
        return Kind(
          entity: parts[0], field: parts.count > 2 ? String(parts[2].prefix { $0 != "<" }) : "",
          most: .microseconds(bound))
      }
    }
    guard kinds.count >= 7 else { throw ContractError(reason: "contracts are missing below \(root.path)") }
  }

  /// The keys that break the rule: ours, and without an end or with one that is too far away.
  ///
  /// - Parameter virtual: keys whose end lies decades ahead belong to virtual time, and need only have one.
  public func offenders(on redis: some RedisExecutor, virtual: Bool = false) async throws -> [String] {
    var found: [String] = []
    let ours = try await Keyspace.names(redis, prefix: "").compactMap { key in kind(of: key).map { (key, $0) } }
    let lives = await redis.pipeline(ours.map { RESPCommand("PTTL", $0.0) })
    for ((key, kind), reply) in zip(ours, lives) {
      let life = try reply.get().int ?? -2
      if life == -1 { found.append("\(key) never expires") }
      if virtual, life > 30 * 366 * 86_400_000 { continue }
      if life > -1, .milliseconds(life) > kind.most { found.append("\(key) lives \(life) ms more, above \(kind.most)") }
    }
    return found
  }

  /// `[<namespace>:]<entity>:{<id>}[:<field>]`; a key of another form is none of ours.
  private func kind(of key: String) -> Kind? {
    guard let open = key.firstIndex(of: "{"), let shut = key.lastIndex(of: "}"), open < shut else { return nil }
    let entity = key[..<open].split(separator: ":").last.map(String.init) ?? ""
    let field = key[shut...].dropFirst(2)
    return kinds.first { kind in
      kind.entity == entity && (kind.field.hasSuffix(":") ? field.hasPrefix(kind.field) : field == kind.field)
    }
  }
}

/// A contract that says nothing usable about lifetimes.
private struct ContractError: Error {
  let reason: String
}

/// `max(ttl_us, patience_us) + 2000`: the little that the contracts need.
private struct LifetimeBound {
  private let text: String

  init(_ text: String) { self.text = text }

  func value(_ values: [String: Int64]) throws -> Int64 {
    var sum: Int64 = 0
    for term in text.split(separator: "+").map({ $0.trimmingCharacters(in: .whitespaces) }) {
      let names = term.hasPrefix("max(") ? String(term.dropFirst(4).dropLast()) : term
      let numbers = try names.split(separator: ",").map { name -> Int64 in
        let name = name.trimmingCharacters(in: .whitespaces)
        guard let number = Int64(name) ?? values[name] else {
          throw ContractError(reason: "no value for '\(name)' in the bound '\(text)'")
        }
        return number
      }
      guard let most = numbers.max() else { throw ContractError(reason: "the bound '\(text)' says nothing") }
      sum += most
    }
    return sum
  }
}
