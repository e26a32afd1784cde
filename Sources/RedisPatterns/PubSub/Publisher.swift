import RESP

/// Publishes values to a channel, numbered, so that a subscriber knows when it missed one.
///
/// A message goes to those who listen now, and is kept for nobody else.
///
/// ```swift
/// let orders = Publisher("orders", on: redis, codec: .string)
/// try await orders.publish("42 paid")
/// ```
public struct Publisher<Codec: CacheCodec>: Sendable {
  /// The name as subscribers give it.
  public let channel: String
  private let redis: any RedisExecutor
  private let codec: Codec
  private let calls: Result<ChannelCalls, RedisError>

  /// - Parameters:
  ///   - channel: checked when it is first used, so that making a publisher cannot fail.
  ///   - codec: how values become bytes; its number travels with each message.
  ///   - namespace: the first part of the channel's name on the server, for several applications on one Redis.
  public init(_ channel: String, on redis: any RedisExecutor, codec: Codec, namespace: String? = nil) {
    self.channel = channel
    self.redis = redis
    self.codec = codec
    do throws(RedisError) {
      calls = .success(try ChannelCalls(channel, namespace: namespace))
    } catch {
      calls = .failure(error)
    }
  }

  /// Sends a value, in one round trip. Works when the server's memory is full.
  ///
  /// - Throws: after `unknown` it may have been published; `argument`: the codec cannot encode it, and nothing was sent.
  @discardableResult
  public func publish(_ value: Codec.Value) async throws(RedisError) -> Published {
    let calls = try calls.get()
    let payload = try codec.encoded(value, or: RedisError.argument)
    let call = try calls.publish(payload, codec: Int64(codec.number))
    return try ChannelCalls.published(try await redis.run(call))
  }
}
