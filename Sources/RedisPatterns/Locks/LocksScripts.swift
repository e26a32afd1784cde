import LuaScripts
import RESP

extension RedisScript {
  static let lockAcquire = RedisScript(LuaScript.lockAcquire)
  static let lockRelease = RedisScript(LuaScript.lockRelease)
  static let lockRenew = RedisScript(LuaScript.lockRenew)
}
