extension LuaScript {
  public static let bucketTake = LuaScript("rate_limiting", "bucket_take", PackageResources.bucket_take_lua)
  public static let bucketRefund = LuaScript("rate_limiting", "bucket_refund", PackageResources.bucket_refund_lua)
  public static let lockAcquire = LuaScript("locks", "lock_acquire", PackageResources.lock_acquire_lua)
  public static let lockRenew = LuaScript("locks", "lock_renew", PackageResources.lock_renew_lua)
  public static let lockRelease = LuaScript("locks", "lock_release", PackageResources.lock_release_lua)
  public static let cacheAcquire = LuaScript("caching", "cache_acquire", PackageResources.cache_acquire_lua)
  public static let cacheFill = LuaScript("caching", "cache_fill", PackageResources.cache_fill_lua)
  public static let cacheRenew = LuaScript("caching", "cache_renew", PackageResources.cache_renew_lua)
  public static let cacheRelease = LuaScript("caching", "cache_release", PackageResources.cache_release_lua)
  public static let cacheDelete = LuaScript("caching", "cache_delete", PackageResources.cache_delete_lua)

  /// Every script, by name. A test compares this list with the folder.
  public static let all: [LuaScript] = [
    bucketRefund, bucketTake, cacheAcquire, cacheDelete, cacheFill, cacheRelease, cacheRenew,
    lockAcquire, lockRelease, lockRenew,
  ]
}
