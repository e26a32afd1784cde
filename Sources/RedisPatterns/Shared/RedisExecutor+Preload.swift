import LuaScripts
import RESP

extension RedisExecutor {
  /// Loads every script of the patterns into the server's cache, in one round trip.
  ///
  /// Nobody needs this: a call whose script the server does not know (after a restart, SCRIPT FLUSH or a failover) sends it
  /// along once. It spares the first calls of a process that round trip, and shows at the start, not at the first call,
  /// that the server's users may not run scripts.
  ///
  /// - Throws: `RedisError`; `reply` when the server knows a script by another name than ours.
  public func preloadScripts() async throws(RedisError) {
    let loads = LuaScript.all.map { RESPCommand("SCRIPT", "LOAD", $0.source) }
    for (script, reply) in zip(LuaScript.all, await pipeline(loads)) {
      guard try reply.get().string == script.sha1 else {
        throw RedisError(
          .reply, "the server's SHA-1 of \(script.name) is not ours: \(script.sha1)", execution: .notExecuted,
          command: "SCRIPT")
      }
    }
  }
}
