extension LuaScript {
  /// Every script, by name. A test compares this list with the folder.
  public static let all: [LuaScript] = [
    caching,
    locks,
    pubsub,
    rateLimiting,
    structures,
    sessions,
    streams,
  ].joined().sorted { $0.name < $1.name }
}
