import LuaScripts
import RESP

extension RedisScript {
  static let bucketRefund = RedisScript(LuaScript.bucketRefund)
  static let bucketTake = RedisScript(LuaScript.bucketTake)
  static let logRefund = RedisScript(LuaScript.logRefund)
  static let logTake = RedisScript(LuaScript.logTake)
  static let windowRefund = RedisScript(LuaScript.windowRefund)
  static let windowTake = RedisScript(LuaScript.windowTake)
}
