extension LuaScript {
  public static let lockAcquire = LuaScript("locks", "lock_acquire", PackageResources.lock_acquire_lua)
  public static let lockRenew = LuaScript("locks", "lock_renew", PackageResources.lock_renew_lua)
  public static let lockRelease = LuaScript("locks", "lock_release", PackageResources.lock_release_lua)

  static let locks = [lockAcquire, lockRelease, lockRenew]
}
