import RESP
import RedisPatterns

enum ChannelOperations: OperationFamily {
  static func call(_ verb: String, _ given: Given, nowUs: Int64) throws(RedisError) -> ScriptCall? {
    let calls = try ChannelCalls(given.text("name"), namespace: given.namespace)
    switch verb {
    case "publish":
      return try calls.publish(
        given.bytes("payload"), codec: given.integer("codec", default: 0), nowUs: nowUs)
    case "position": return calls.position(nowUs: nowUs)
    default: return nil
    }
  }

  static func outcome(_ verb: String, _ given: Given, _ reply: RESPValue) throws(RedisError) -> JSONValue? {
    switch verb {
    case "publish":
      let published = try ChannelCalls.published(reply)
      return [
        "status": "published", "epoch": .string(String(published.epoch)), "seq": .int(published.sequence),
        "receivers": .int(Int64(published.receivers)),
      ]
    case "position":
      let position = try ChannelCalls.position(reply)
      return ["status": "at", "epoch": .string(String(position.epoch)), "seq": .int(position.sequence)]
    default: return nil
    }
  }
}
