import RESP
import RedisPatterns

enum SessionOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let pepper = try given.optionalText("pepper").map { SessionPepper(Array($0.utf8)) }
    if verb == "list" || verb == "revoke_all" {
      let calls = try SessionCalls(SessionTag(user: given.text("user"), pepper: pepper), namespace: given.namespace)
      return verb == "list" ? calls.names(nowUs: nowUs) : try calls.revokeAll(nowUs: nowUs)
    }
    let id = try Self.id(given, "id")
    let (calls, handle) = (try SessionCalls(id.tag, namespace: given.namespace), id.handle(pepper))
    switch verb {
    case "create":
      guard let atLimit = SessionOptions.AtLimit(rawValue: try given.optionalText("at_limit") ?? "end_first") else {
        throw RedisError(.argument, "at_limit is neither end_first nor refuse", execution: .notExecuted)
      }
      return try calls.create(
        handle: handle, user: given.optionalText("user"), idle: given.microseconds("idle_us"),
        lifetime: given.microseconds("lifetime_us"), limit: given.integer("limit", default: 0), atLimit: atLimit,
        data: given.fields("data"), nowUs: nowUs)
    case "use":
      return try calls.use(
        handle: handle, touchEvery: given.microseconds("touch_every_us"),
        version: given.integer("version", default: 0), put: given.fields("put"), drop: given.words("drop", default: []),
        nowUs: nowUs)
    case "rotate":
      return try calls.rotate(
        handle: handle, fresh: Self.id(given, "fresh").handle(pepper), grace: given.microseconds("grace_us"),
        nowUs: nowUs)
    case "revoke": return try calls.revoke(handle: handle, nowUs: nowUs)
    case "revoke_others": return try calls.revokeAll(keeping: handle, nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "create": try SessionCalls.created(reply).json
    case "use": try SessionCalls.used(reply).json
    case "rotate": try SessionCalls.rotated(reply).json
    case "revoke": try SessionCalls.revoked(reply).json
    case "revoke_all", "revoke_others": try SessionCalls.revokedAll(reply).json
    case "list": try SessionCalls.names(reply).json
    default: nil
    }
  }

  private static func id(_ given: Given, _ name: String) throws(RedisError) -> SessionID {
    guard let id = SessionID(try given.text(name)) else {
      throw RedisError(.argument, "\(name) is no session id", execution: .notExecuted)
    }
    return id
  }
}

extension SessionCalls.State {
  fileprivate func json(_ status: String) -> JSONValue {
    [
      "status": .string(status), "version": .int(version), "age_us": age.us, "unused_us": unused.us,
      "expires_in_us": expiresIn.us, "ends_in_us": endsIn.us, "user": .string(user ?? ""),
      "data": .object(data.mapValues { .string($0) }),
    ]
  }
}

extension SessionCalls.Created {
  fileprivate var json: JSONValue {
    switch self {
    case .created(let ended): ["status": "created", "ended": list(ended)]
    case .full(let retryAfter): ["status": "full", "retry_after_us": retryAfter.us]
    case .taken: ["status": "taken"]
    }
  }
}

extension SessionCalls.Used {
  fileprivate var json: JSONValue {
    switch self {
    case .live(let state): state.json("live")
    case .conflict(let version): ["status": "conflict", "version": .int(version)]
    case .replaced(let handle): moved(to: handle)
    case .gone: ["status": "gone"]
    }
  }
}

extension SessionCalls.Rotated {
  fileprivate var json: JSONValue {
    switch self {
    case .rotated(let state): state.json("rotated")
    case .replaced(let handle): moved(to: handle)
    case .gone: ["status": "gone"]
    case .taken: ["status": "taken"]
    }
  }
}

extension SessionCalls.Revoked {
  fileprivate var json: JSONValue {
    switch self {
    case .ended: ["status": "ended"]
    case .replaced(let handle): moved(to: handle)
    case .gone: ["status": "gone"]
    }
  }
}

extension SessionCalls.RevokedAll {
  fileprivate var json: JSONValue {
    switch self {
    case .ended(let ended): ["status": "ended", "handles": list(ended)]
    case .replaced(let handle): moved(to: handle)
    case .gone: ["status": "gone"]
    }
  }
}

extension SessionCalls.Names {
  fileprivate var json: JSONValue {
    let named = sessions.map { name -> JSONValue in
      ["handle": .string(name.handle), "expires_in_us": name.expiresIn.us]
    }
    return ["status": "listed", "now_us": .int(nowUs), "sessions": .array(named)]
  }
}

private func list(_ handles: [String]) -> JSONValue { .array(handles.map { .string($0) }) }
private func moved(to handle: String) -> JSONValue { ["status": "replaced", "handle": .string(handle)] }
