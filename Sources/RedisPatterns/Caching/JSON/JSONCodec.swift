/// Canonical JSON: the same bytes in every language for the same value.
///
/// Compact; names sorted by their UTF-8 bytes; no escapes but those that JSON demands; whole numbers of 64 bits; other
/// numbers by the shortest digits that read back the same, always with a dot or an exponent. NaN, infinity and larger
/// whole numbers are errors. What a type says of itself by `Codable` is what travels: let it say what the other languages
/// can read (a `Date` says a number of seconds).
public struct JSONCodec<Value: Codable & Sendable>: CacheCodec {
  public let number: UInt8 = 2

  public init() {}

  /// - Throws: `EncodingError`, or another error for what JSON cannot hold.
  public func encode(_ value: Value) throws -> [UInt8] { try JSONWriter.bytes(try JSONTreeEncoder.tree(value)) }

  public func decode(_ bytes: [UInt8]) throws -> Value {
    try JSONTreeDecoder(try JSONReader.value(bytes)).decode(Value.self)
  }
}

extension CacheCodec {
  /// Canonical JSON of a type: `Cache(on: redis, codec: .json(User.self))`; `.json(JSON.self)` for any value.
  public static func json<Content>(_ type: Content.Type) -> Self where Self == JSONCodec<Content> { JSONCodec() }
}
