import LuaScripts
import RESP

extension RedisScript {
  static let sessionCreate = RedisScript(LuaScript.sessionCreate)
  static let sessionList = RedisScript(LuaScript.sessionList)
  static let sessionRevoke = RedisScript(LuaScript.sessionRevoke)
  static let sessionRevokeAll = RedisScript(LuaScript.sessionRevokeAll)
  static let sessionRotate = RedisScript(LuaScript.sessionRotate)
  static let sessionUse = RedisScript(LuaScript.sessionUse)
}
