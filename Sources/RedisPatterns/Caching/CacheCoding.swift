/// A codec without the type of its values.
struct CacheCoding: Sendable {
  let number: UInt8
  private let encoding: @Sendable (any Sendable) throws(CacheError) -> [UInt8]
  private let decoding: @Sendable ([UInt8]) throws -> any Sendable

  init<Value: Sendable>(_ codec: some CacheCodec<Value>) {
    number = codec.number
    encoding = { value throws(CacheError) in
      // Only `Cache<Value>` hands values in.
      try codec.encoded(value as! Value) { CacheError(.codec, $0) }
    }
    decoding = { try codec.decode($0) }
  }

  func encode(_ value: any Sendable) throws(CacheError) -> [UInt8] { try encoding(value) }

  func decode(_ entry: CacheEntry) throws(CacheError) -> any Sendable {
    guard entry.codec == number else {
      throw CacheError(.codec, "the entry was written with codec \(entry.codec), not \(number)")
    }
    do {
      return try decoding(entry.payload)
    } catch {
      // The codec's own words may quote the value.
      throw CacheError(.codec, "the entry cannot be decoded by codec \(number): \(type(of: error))")
    }
  }
}
