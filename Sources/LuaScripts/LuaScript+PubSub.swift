extension LuaScript {
  public static let channelPublish = LuaScript("pubsub", "channel_publish", PackageResources.channel_publish_lua)
  public static let channelPosition = LuaScript("pubsub", "channel_position", PackageResources.channel_position_lua)

  static let pubsub = [channelPosition, channelPublish]
}
