import LuaScripts
import RESP

extension RedisScript {
  /// A script of ours, as executors know it.
  package init(_ script: LuaScript) {
    self.init(name: script.name, sha1: script.sha1, source: script.source)
  }
}
