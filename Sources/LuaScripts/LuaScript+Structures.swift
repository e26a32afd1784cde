extension LuaScript {
  public static let counterAdd = LuaScript("structures", "counter_add", PackageResources.counter_add_lua)
  public static let counterClear = LuaScript("structures", "counter_clear", PackageResources.counter_clear_lua)
  public static let flagSet = LuaScript("structures", "flag_set", PackageResources.flag_set_lua)
  public static let flagRead = LuaScript("structures", "flag_read", PackageResources.flag_read_lua)
  public static let flagClear = LuaScript("structures", "flag_clear", PackageResources.flag_clear_lua)
  public static let boardSubmit = LuaScript("structures", "board_submit", PackageResources.board_submit_lua)
  public static let boardRead = LuaScript("structures", "board_read", PackageResources.board_read_lua)
  public static let boardRemove = LuaScript("structures", "board_remove", PackageResources.board_remove_lua)
  public static let queuePush = LuaScript("structures", "queue_push", PackageResources.queue_push_lua)
  public static let queuePop = LuaScript("structures", "queue_pop", PackageResources.queue_pop_lua)
  public static let queueSettle = LuaScript("structures", "queue_settle", PackageResources.queue_settle_lua)
  public static let queueExtend = LuaScript("structures", "queue_extend", PackageResources.queue_extend_lua)
  public static let queueLook = LuaScript("structures", "queue_look", PackageResources.queue_look_lua)
  public static let queueRevive = LuaScript("structures", "queue_revive", PackageResources.queue_revive_lua)
  public static let objectWrite = LuaScript("structures", "object_write", PackageResources.object_write_lua)
  public static let objectRead = LuaScript("structures", "object_read", PackageResources.object_read_lua)
  public static let objectDelete = LuaScript("structures", "object_delete", PackageResources.object_delete_lua)
  public static let recentAdd = LuaScript("structures", "recent_add", PackageResources.recent_add_lua)
  public static let seriesAdd = LuaScript("structures", "series_add", PackageResources.series_add_lua)
  public static let seriesRead = LuaScript("structures", "series_read", PackageResources.series_read_lua)
  public static let tagAdd = LuaScript("structures", "tag_add", PackageResources.tag_add_lua)
  public static let tagRemove = LuaScript("structures", "tag_remove", PackageResources.tag_remove_lua)
  public static let uniqueAdd = LuaScript("structures", "unique_add", PackageResources.unique_add_lua)
  public static let uniqueCount = LuaScript("structures", "unique_count", PackageResources.unique_count_lua)
  public static let logAppend = LuaScript("structures", "log_append", PackageResources.log_append_lua)

  static let structures = [
    counterAdd, counterClear, flagSet, flagRead, flagClear, boardSubmit, boardRead, boardRemove,
    queuePush, queuePop, queueSettle, queueExtend, queueLook, queueRevive, objectWrite, objectRead, objectDelete,
    recentAdd, seriesAdd, seriesRead, tagAdd, tagRemove, uniqueAdd, uniqueCount, logAppend,
  ]
}
