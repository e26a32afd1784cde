extension LuaScript {
  public static let fencedWrite = LuaScript("locks", "fenced_write", PackageResources.fenced_write_lua)
  public static let lockAcquire = LuaScript("locks", "lock_acquire", PackageResources.lock_acquire_lua)
  public static let lockRenew = LuaScript("locks", "lock_renew", PackageResources.lock_renew_lua)
  public static let lockRelease = LuaScript("locks", "lock_release", PackageResources.lock_release_lua)
  public static let redlockAcquire = LuaScript("locks", "redlock_acquire", PackageResources.redlock_acquire_lua)
  public static let redlockRenew = LuaScript("locks", "redlock_renew", PackageResources.redlock_renew_lua)
  public static let redlockRelease = LuaScript("locks", "redlock_release", PackageResources.redlock_release_lua)
  public static let semaphoreAcquire = LuaScript("locks", "semaphore_acquire", PackageResources.semaphore_acquire_lua)
  public static let semaphoreRenew = LuaScript("locks", "semaphore_renew", PackageResources.semaphore_renew_lua)
  public static let semaphoreRelease = LuaScript("locks", "semaphore_release", PackageResources.semaphore_release_lua)

  static let locks = [
    fencedWrite, lockAcquire, lockRelease, lockRenew, redlockAcquire, redlockRelease, redlockRenew, semaphoreAcquire,
    semaphoreRelease, semaphoreRenew,
  ]
}
