extension LuaScript {
  public static let cacheAcquire = LuaScript("caching", "cache_acquire", PackageResources.cache_acquire_lua)
  public static let cacheFill = LuaScript("caching", "cache_fill", PackageResources.cache_fill_lua)
  public static let cacheRenew = LuaScript("caching", "cache_renew", PackageResources.cache_renew_lua)
  public static let cacheRelease = LuaScript("caching", "cache_release", PackageResources.cache_release_lua)
  public static let cacheDelete = LuaScript("caching", "cache_delete", PackageResources.cache_delete_lua)
  public static let cachePut = LuaScript("caching", "cache_put", PackageResources.cache_put_lua)
  public static let cacheMarkStale = LuaScript("caching", "cache_mark_stale", PackageResources.cache_mark_stale_lua)
  public static let cacheTagOpen = LuaScript("caching", "cache_tag_open", PackageResources.cache_tag_open_lua)
  public static let cacheTagDelete = LuaScript("caching", "cache_tag_delete", PackageResources.cache_tag_delete_lua)
  public static let cacheTagMarkStale = LuaScript(
    "caching", "cache_tag_mark_stale", PackageResources.cache_tag_mark_stale_lua)

  static let caching = [
    cacheAcquire, cacheDelete, cacheFill, cacheMarkStale, cachePut, cacheRelease, cacheRenew, cacheTagDelete,
    cacheTagMarkStale, cacheTagOpen,
  ]
}
