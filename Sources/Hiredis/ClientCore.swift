import RESP

/// What all copies of a client share: the loop and the connections on it.
final class ClientCore: Sendable {
  let options: RedisClientOptions
  let loop: EventLoop
  let channel: Channel
  let pool: ConnectionPool
  let subscriptions: SubscriptionHub

  init(_ url: RedisURL, _ given: RedisClientOptions) throws(RedisError) {
    guard !url.tls else {
      throw RedisError(
        .unsupported, "this build has no TLS, and a rediss:// URL is never spoken in plain text",
        execution: .notExecuted, address: url.address)
    }
    var options = given
    if let limit = url.timeoutMilliseconds { options.commandTimeout = .milliseconds(limit) }
    if let limit = url.connectTimeoutMilliseconds { options.connectTimeout = .milliseconds(limit) }
    options.maxReplyBytes = max(0, options.maxReplyBytes)
    options.maxReplyElements = max(0, options.maxReplyElements)
    self.options = options
    do throws(SystemFailure) {
      loop = try EventLoop()
    } catch {
      throw RedisError(
        .connect, "the system gives no thread or no poller (errno \(error.errno))", execution: .notExecuted,
        address: url.address)
    }
    channel = Channel(url, options, loop.mailbox)
    pool = ConnectionPool(url, options, loop.mailbox)
    subscriptions = SubscriptionHub(url, options, loop.mailbox)
  }

  deinit { close() }

  func close() {
    channel.close()
    pool.close()
    subscriptions.close()
  }
}
