/// A live session as it was at the call. Neither `description` nor `dump` shows its id, its user or its data.
public struct Session: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// Its `text` goes into the cookie.
  public let id: SessionID
  /// Its name in Redis, safe to show: it opens nothing.
  public let handle: String
  /// nil while nobody is logged in.
  public let user: String?
  /// What the application keeps in it.
  public let data: [String: String]
  /// Grows with every change of data.
  public let version: Int
  /// How long ago it began.
  public let age: Duration
  /// How long it had not been used before this call, to the precision of `SessionOptions.touchEvery`.
  public let unused: Duration
  /// When it ends if it is not used.
  public let expiresIn: Duration
  /// When it ends however much it is used.
  public let endsIn: Duration
  /// It was reached by an id that was replaced a moment ago, and that only reads. Send no cookie.
  public let isReplaced: Bool

  init(_ state: SessionCalls.State, id: SessionID, handle: String, isReplaced: Bool = false) {
    self.id = id
    self.handle = handle
    user = state.user
    data = state.data
    version = Int(state.version)
    age = state.age
    unused = state.unused
    expiresIn = state.expiresIn
    endsIn = state.endsIn
    self.isReplaced = isReplaced
  }

  public var description: String { "Session(\(handle), version \(version), expires in \(expiresIn))" }
  public var customMirror: Mirror {
    Mirror(self, children: ["handle": handle, "version": version, "expiresIn": expiresIn, "endsIn": endsIn])
  }
}

/// What became of a login.
public enum SessionCreation: Sendable, Hashable {
  case created(Session)
  /// The user has as many sessions as the limit allows, and `AtLimit.refuse` is in force; the first of them ends after
  /// `retryAfter` if it is not used.
  case full(retryAfter: Duration)

  /// The new session, if there is one.
  public var session: Session? { if case .created(let session) = self { session } else { nil } }
}

/// What became of a change.
public enum SessionUpdate: Sendable, Hashable {
  case updated(Session)
  /// Somebody else changed the session: it is at `version` now, and nothing was changed.
  case conflict(version: Int)
  /// This id was replaced a moment ago: it still reads, and changes nothing.
  case replaced
  /// The session has ended; nothing brings it back.
  case gone

  /// The session as it is now, if it was changed.
  public var session: Session? { if case .updated(let session) = self { session } else { nil } }
}

/// What became of a rotation.
public enum SessionRotation: Sendable, Hashable {
  /// The session under its new id: send the cookie.
  case rotated(Session)
  /// This id was replaced a moment ago: somebody else has the new one.
  case replaced
  /// The session has ended.
  case gone

  /// The session under its new id, if there is one.
  public var session: Session? { if case .rotated(let session) = self { session } else { nil } }
}

/// One live session of a user, as a page "where you are logged in" shows it.
public struct ListedSession: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// To end it with `Sessions.revoke(listed:of:)`.
  public let handle: String
  /// How long ago it began.
  public let age: Duration
  /// How long it has not been used, to the precision of `SessionOptions.touchEvery`.
  public let unused: Duration
  /// When it ends if it is not used.
  public let expiresIn: Duration
  /// The fields that were asked for, where the session has them.
  public let data: [String: String]

  public var description: String { "ListedSession(\(handle), expires in \(expiresIn))" }
  public var customMirror: Mirror { Mirror(self, children: ["handle": handle, "expiresIn": expiresIn]) }
}
