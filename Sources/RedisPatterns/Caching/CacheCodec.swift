/// How values become bytes. Entries carry the codec's number, so that no reader takes one for another.
public protocol CacheCodec<Value>: Sendable {
  associatedtype Value: Sendable
  /// The same in every language: 0 bytes, 1 text (UTF-8), 2 canonical JSON; from 128 on for your own.
  var number: UInt8 { get }
  /// - Throws: anything; a cache's caller gets `CacheError(.codec)`, a publisher's `RedisError` with code `argument`.
  func encode(_ value: Value) throws -> [UInt8]
  /// - Throws: anything; the reader gets `CacheError(.codec)`.
  func decode(_ bytes: [UInt8]) throws -> Value
}

extension CacheCodec {
  /// The bytes of a value, or what `failure` makes of the reason; the codec's own words may quote the value.
  func encoded<Failure: Error>(_ value: Value, or failure: (String) -> Failure) throws(Failure) -> [UInt8] {
    do {
      return try encode(value)
    } catch {
      throw failure("the value cannot be encoded by codec \(number): \(type(of: error))")
    }
  }
}

/// Bytes as they are.
public struct BytesCodec: CacheCodec {
  public let number: UInt8 = 0
  public init() {}
  public func encode(_ value: [UInt8]) -> [UInt8] { value }
  public func decode(_ bytes: [UInt8]) -> [UInt8] { bytes }
}

/// Text in UTF-8.
public struct StringCodec: CacheCodec {
  public let number: UInt8 = 1
  public init() {}
  public func encode(_ value: String) -> [UInt8] { Array(value.utf8) }
  public func decode(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CacheError(.codec, "the entry is no UTF-8 text")
    }
    return text
  }
}

extension CacheCodec where Self == BytesCodec {
  /// Bytes as they are.
  public static var bytes: BytesCodec { BytesCodec() }
}

extension CacheCodec where Self == StringCodec {
  /// Text in UTF-8.
  public static var string: StringCodec { StringCodec() }
}
