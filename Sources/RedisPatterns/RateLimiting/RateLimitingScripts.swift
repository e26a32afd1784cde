import LuaScripts
import RESP

extension RedisScript {
  static let bucketRefund = RedisScript(LuaScript.bucketRefund)
  static let bucketTake = RedisScript(LuaScript.bucketTake)
}
