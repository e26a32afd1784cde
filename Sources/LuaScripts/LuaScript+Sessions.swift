extension LuaScript {
  public static let sessionCreate = LuaScript("sessions", "session_create", PackageResources.session_create_lua)
  public static let sessionUse = LuaScript("sessions", "session_use", PackageResources.session_use_lua)
  public static let sessionRotate = LuaScript("sessions", "session_rotate", PackageResources.session_rotate_lua)
  public static let sessionRevoke = LuaScript("sessions", "session_revoke", PackageResources.session_revoke_lua)
  public static let sessionRevokeAll = LuaScript(
    "sessions", "session_revoke_all", PackageResources.session_revoke_all_lua)
  public static let sessionList = LuaScript("sessions", "session_list", PackageResources.session_list_lua)

  static let sessions = [sessionCreate, sessionList, sessionRevoke, sessionRevokeAll, sessionRotate, sessionUse]
}
