import LuaScripts
import RESP

extension RedisScript {
  static let streamAck = RedisScript(LuaScript.streamAck)
  static let streamAdd = RedisScript(LuaScript.streamAdd)
  static let streamBury = RedisScript(LuaScript.streamBury)
  static let streamClaim = RedisScript(LuaScript.streamClaim)
  static let streamLag = RedisScript(LuaScript.streamLag)
  static let streamLeave = RedisScript(LuaScript.streamLeave)
  static let streamOpen = RedisScript(LuaScript.streamOpen)
  static let streamRelease = RedisScript(LuaScript.streamRelease)
  static let streamRenew = RedisScript(LuaScript.streamRenew)
  static let streamRevive = RedisScript(LuaScript.streamRevive)
}
