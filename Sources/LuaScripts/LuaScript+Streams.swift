extension LuaScript {
  public static let streamAck = LuaScript("streams", "stream_ack", PackageResources.stream_ack_lua)
  public static let streamAdd = LuaScript("streams", "stream_add", PackageResources.stream_add_lua)
  public static let streamBury = LuaScript("streams", "stream_bury", PackageResources.stream_bury_lua)
  public static let streamClaim = LuaScript("streams", "stream_claim", PackageResources.stream_claim_lua)
  public static let streamLag = LuaScript("streams", "stream_lag", PackageResources.stream_lag_lua)
  public static let streamLeave = LuaScript("streams", "stream_leave", PackageResources.stream_leave_lua)
  public static let streamOpen = LuaScript("streams", "stream_open", PackageResources.stream_open_lua)
  public static let streamRelease = LuaScript("streams", "stream_release", PackageResources.stream_release_lua)
  public static let streamRenew = LuaScript("streams", "stream_renew", PackageResources.stream_renew_lua)
  public static let streamRevive = LuaScript("streams", "stream_revive", PackageResources.stream_revive_lua)

  static let streams = [
    streamAck, streamAdd, streamBury, streamClaim, streamLag, streamLeave, streamOpen, streamRelease, streamRenew,
    streamRevive,
  ]
}
