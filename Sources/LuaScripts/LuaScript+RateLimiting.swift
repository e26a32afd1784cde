extension LuaScript {
  public static let bucketTake = LuaScript("rate_limiting", "bucket_take", PackageResources.bucket_take_lua)
  public static let bucketRefund = LuaScript("rate_limiting", "bucket_refund", PackageResources.bucket_refund_lua)

  static let rateLimiting = [bucketRefund, bucketTake]
}
