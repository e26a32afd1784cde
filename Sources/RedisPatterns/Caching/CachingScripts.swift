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
  static let cacheTagDelete = RedisScript(LuaScript.cacheTagDelete)
  static let cacheTagMarkStale = RedisScript(LuaScript.cacheTagMarkStale)
  static let cacheTagOpen = RedisScript(LuaScript.cacheTagOpen)
}
