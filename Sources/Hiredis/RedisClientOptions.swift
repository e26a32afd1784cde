/// How a client behaves; every default is safe in production.
public struct RedisClientOptions: Sendable, Hashable {
  /// How long a call may wait for a connection, all attempts together: name resolution, connecting, signing in.
  public var connectTimeout: Duration = .seconds(2)
  /// How long a call may take in all, unless it brings a deadline of its own.
  public var commandTimeout: Duration = .seconds(5)
  /// Calls that wait for an answer at the same time; one more is refused with `overloaded`.
  public var maxInFlight = 65_536
  /// Bytes of commands that wait to be sent; one more command is refused with `overloaded`.
  public var maxQueuedBytes = 64 << 20
  /// Bytes of one reply; a larger one is the error `limit` and costs the connection.
  public var maxReplyBytes = 128 << 20
  /// Values of one reply, nested ones included.
  public var maxReplyElements = 1 << 20
  /// Shown by CLIENT LIST on the server; a name in the URL comes first.
  public var clientName = "redis-patterns"
  /// The first pause between two attempts to connect; it doubles up to `reconnectCap`, and every pause is a random
  /// part of it, so that a fleet does not come back in step.
  public var reconnectBase: Duration = .milliseconds(20)
  /// The longest pause between two attempts to connect.
  public var reconnectCap: Duration = .milliseconds(500)
  /// Dedicated connections (leases) that may be open at the same time; further ones wait.
  public var maxLeasedConnections = 64
  /// Messages that one subscription holds for a slow reader; what exceeds it is dropped and told as a gap.
  public var subscriptionBuffer = 1024
  /// After so much silence the subscriptions' connection is asked by PING whether it lives.
  public var subscriptionPingAfter: Duration = .seconds(3)
  /// A PING on it that is not answered in this time costs the connection: a new one is made.
  public var subscriptionPongWithin: Duration = .seconds(5)

  /// The defaults.
  public init() {}
}
