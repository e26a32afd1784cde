import LuaScripts
import RESP

extension RedisScript {
  /// A script of ours, as executors know it.
  package init(_ script: LuaScript) {
    self.init(name: script.name, sha1: script.sha1, source: script.source)
  }

  static let bucketTake = RedisScript(LuaScript.bucketTake)
  static let bucketRefund = RedisScript(LuaScript.bucketRefund)
  static let lockAcquire = RedisScript(LuaScript.lockAcquire)
  static let lockRenew = RedisScript(LuaScript.lockRenew)
  static let lockRelease = RedisScript(LuaScript.lockRelease)
  static let cacheAcquire = RedisScript(LuaScript.cacheAcquire)
  static let cacheFill = RedisScript(LuaScript.cacheFill)
  static let cacheRenew = RedisScript(LuaScript.cacheRenew)
  static let cacheRelease = RedisScript(LuaScript.cacheRelease)
  static let cacheDelete = RedisScript(LuaScript.cacheDelete)
}
