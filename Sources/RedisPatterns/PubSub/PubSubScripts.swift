import LuaScripts
import RESP

extension RedisScript {
  static let channelPosition = RedisScript(LuaScript.channelPosition)
  static let channelPublish = RedisScript(LuaScript.channelPublish)
}
