import LuaScripts
import RESP

extension RedisScript {
  static let cacheAcquire = RedisScript(LuaScript.cacheAcquire)
  static let cacheDelete = RedisScript(LuaScript.cacheDelete)
  static let cacheFill = RedisScript(LuaScript.cacheFill)
  static let cacheMarkStale = RedisScript(LuaScript.cacheMarkStale)
  static let cachePut = RedisScript(LuaScript.cachePut)
  static let cacheRelease = RedisScript(LuaScript.cacheRelease)
  static let cacheRenew = RedisScript(LuaScript.cacheRenew)
}
