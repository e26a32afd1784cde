#if Hummingbird
  import Foundation
  import HTTPTypes
  import Hiredis
  import Hummingbird
  import RESP
  import RedisPatterns
  import RedisPatternsHummingbird

  /// A Hummingbird application behind the middleware, on a port of its own, for `python/tests/test_http_limits.py`.
  ///
  /// `hummingbird-server REDIS_URL NAMESPACE POLICY` prints its port and serves until it is ended.
  /// `python/tests/limited_app.py` does the same.
  @main enum HummingbirdServer {
    static func main() async throws {
      let arguments = CommandLine.arguments
      guard arguments.count == 4, let policy = FailurePolicy(rawValue: arguments[3]) else {
        print("usage: hummingbird-server REDIS_URL NAMESPACE open|closed|raise")
        return
      }
      var options = RedisClientOptions()
      options.commandTimeout = .milliseconds(500)
      options.connectTimeout = .milliseconds(500)
      let redis = try RedisClient(RedisURL(arguments[1]), options: options)
      let limiter = RateLimiter(
        on: redis,
        limit: .tiers([
          .init("hour", 3, per: .seconds(3600), by: .fixedWindow),
          .init("day", 1000, per: .seconds(86_400), by: .slidingWindow),
        ]),
        namespace: arguments[2])

      // --8<-- [start:middleware]
      let router = Router()
      router.add(
        middleware: RateLimitMiddleware(
          limiter, onFailure: policy,  // .open, .closed or .throw
          cost: { request, _ in request.headers[.cost].flatMap { Int($0) } ?? 1 },
          identify: { request, _ in request.headers[.user] }))
      // --8<-- [end:middleware]
      router.get("/") { _, _ in "hello" }
      router.head("/") { _, _ in "hello" }
      router.post("/") { _, _ in "hello" }
      let application = Application(
        router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in
          FileHandle.standardOutput.write(Data("\(channel.localAddress?.port ?? 0)\n".utf8))
        })
      try await application.run()
    }
  }

  extension HTTPField.Name {
    fileprivate static let user = HTTPField.Name("X-User")!
    fileprivate static let cost = HTTPField.Name("X-Cost")!
  }
#else
  @main enum HummingbirdServer {
    static func main() {
      print("built without the trait Hummingbird: swift build --traits Hummingbird")
    }
  }
#endif
