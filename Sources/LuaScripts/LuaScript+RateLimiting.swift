extension LuaScript {
  public static let bucketTake = LuaScript("rate_limiting", "bucket_take", PackageResources.bucket_take_lua)
  public static let bucketRefund = LuaScript("rate_limiting", "bucket_refund", PackageResources.bucket_refund_lua)
  public static let windowTake = LuaScript("rate_limiting", "window_take", PackageResources.window_take_lua)
  public static let windowRefund = LuaScript("rate_limiting", "window_refund", PackageResources.window_refund_lua)
  public static let logTake = LuaScript("rate_limiting", "log_take", PackageResources.log_take_lua)
  public static let logRefund = LuaScript("rate_limiting", "log_refund", PackageResources.log_refund_lua)

  static let rateLimiting = [bucketRefund, bucketTake, logRefund, logTake, windowRefund, windowTake]
}
