import LuaScripts
import RESP

extension RedisScript {
  static let fencedWrite = RedisScript(LuaScript.fencedWrite)
  static let lockAcquire = RedisScript(LuaScript.lockAcquire)
  static let lockRelease = RedisScript(LuaScript.lockRelease)
  static let lockRenew = RedisScript(LuaScript.lockRenew)
  static let redlockAcquire = RedisScript(LuaScript.redlockAcquire)
  static let redlockRelease = RedisScript(LuaScript.redlockRelease)
  static let redlockRenew = RedisScript(LuaScript.redlockRenew)
  static let semaphoreAcquire = RedisScript(LuaScript.semaphoreAcquire)
  static let semaphoreRelease = RedisScript(LuaScript.semaphoreRelease)
  static let semaphoreRenew = RedisScript(LuaScript.semaphoreRenew)
}
