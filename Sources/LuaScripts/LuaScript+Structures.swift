extension LuaScript {
  public static let counterAdd = LuaScript("structures", "counter_add", PackageResources.counter_add_lua)
  public static let counterClear = LuaScript("structures", "counter_clear", PackageResources.counter_clear_lua)
  public static let flagSet = LuaScript("structures", "flag_set", PackageResources.flag_set_lua)
  public static let flagRead = LuaScript("structures", "flag_read", PackageResources.flag_read_lua)
  public static let flagClear = LuaScript("structures", "flag_clear", PackageResources.flag_clear_lua)
  public static let boardSubmit = LuaScript("structures", "board_submit", PackageResources.board_submit_lua)
  public static let boardRead = LuaScript("structures", "board_read", PackageResources.board_read_lua)
  public static let boardRemove = LuaScript("structures", "board_remove", PackageResources.board_remove_lua)

  static let structures = [
    counterAdd, counterClear, flagSet, flagRead, flagClear, boardSubmit, boardRead, boardRemove,
  ]
}
