import RESP

/// A stream as vectors write it: no time of the server's is in it.
public struct StreamState: Sendable, Hashable {
  struct Group: Sendable, Hashable {
    var last = ""
    var consumers: [String] = []
    var pending: [Pending] = []
  }

  struct Pending: Sendable, Hashable {
    let id: String
    let consumer: String
    let deliveries: Int64
  }

  /// Id, then names and values in turn.
  var entries: [[[UInt8]]] = []
  var groups: [String: Group] = [:]

  init(of key: String, on redis: some RedisExecutor) async throws(RedisError) {
    for entry in try await redis.execute(RESPCommand("XRANGE", key, "-", "+")).array ?? [] {
      guard let parts = entry.array, parts.count == 2, let id = parts[0].bytes else { continue }
      entries.append([id] + (parts[1].array?.compactMap(\.bytes) ?? []))
    }
    for info in try await redis.execute(RESPCommand("XINFO", "GROUPS", key)).array ?? [] {
      let values = Self.named(info)
      guard let name = values["name"]?.string else { continue }
      var group = Group()
      group.last = values["last-delivered-id"]?.string ?? ""
      for info in try await redis.execute(RESPCommand("XINFO", "CONSUMERS", key, name)).array ?? [] {
        if let consumer = Self.named(info)["name"]?.string { group.consumers.append(consumer) }
      }
      group.consumers.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      for state in try await redis.execute(RESPCommand("XPENDING", key, name, "-", "+", 1000)).array ?? [] {
        guard let parts = state.array, parts.count == 4, let id = parts[0].string, let consumer = parts[1].string,
          let deliveries = parts[3].int
        else { continue }
        group.pending.append(Pending(id: id, consumer: consumer, deliveries: deliveries))
      }
      groups[name] = group
    }
  }

  private static func named(_ reply: RESPValue) -> [String: RESPValue] {
    let flat = reply.array ?? []
    var values: [String: RESPValue] = [:]
    for at in stride(from: 0, to: flat.count - 1, by: 2) { values[flat[at].string ?? ""] = flat[at + 1] }
    return values
  }

  /// The entries alone where there are no groups.
  var json: JSONValue {
    let entries = JSONValue.array(entries.map { .array($0.map(JSONValue.init(bytes:))) })
    return groups.isEmpty ? entries : ["entries": entries, "groups": .object(groups.mapValues(\.json))]
  }
}

extension StreamState.Group {
  fileprivate var json: JSONValue {
    [
      "last": .string(last), "consumers": .array(consumers.map(JSONValue.string)),
      "pending": .array(pending.map { .array([.string($0.id), .string($0.consumer), .int($0.deliveries)]) }),
    ]
  }
}
