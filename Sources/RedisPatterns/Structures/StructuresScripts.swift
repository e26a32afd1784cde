import LuaScripts
import RESP

extension RedisScript {
  static let counterAdd = RedisScript(LuaScript.counterAdd)
  static let counterClear = RedisScript(LuaScript.counterClear)
  static let flagSet = RedisScript(LuaScript.flagSet)
  static let flagRead = RedisScript(LuaScript.flagRead)
  static let flagClear = RedisScript(LuaScript.flagClear)
  static let boardSubmit = RedisScript(LuaScript.boardSubmit)
  static let boardRead = RedisScript(LuaScript.boardRead)
  static let boardRemove = RedisScript(LuaScript.boardRemove)
}
