import RESP

/// Bytes on their way out: grows, never shrinks while in use, and has no checks that an array would make on every append.
///
/// Owned by hand: whoever makes one calls `release`.
@usableFromInline struct OutBuffer {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  @usableFromInline var count = 0
  @usableFromInline var capacity: Int

  @usableFromInline init(capacity: Int = 16_384) {
    base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  func release() { base.deallocate() }

  /// Forgets the content, and gives a large block back.
  mutating func reset() {
    count = 0
    if capacity > 1 << 20 {
      base.deallocate()
      self = OutBuffer()
    }
  }

  /// Drops bytes at the front.
  mutating func drop(first dropped: Int) {
    count -= dropped
    base.update(from: base + dropped, count: count)
  }

  @inlinable mutating func reserve(_ more: Int) {
    if count &+ more > capacity { grow(more) }
  }

  @usableFromInline mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    fresh.update(from: base, count: count)
    base.deallocate()
    base = fresh
    capacity = larger
  }

  @inlinable mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + count).update(from: source, count: bytes.count)
    count &+= bytes.count
  }

  /// `*<count>\r\n` or `$<count>\r\n`.
  @inlinable mutating func appendHead(_ kind: UInt8, _ number: Int) {
    reserve(24)
    base[count] = kind
    count &+= 1
    if number < 10 {
      base[count] = 48 &+ UInt8(truncatingIfNeeded: number)
      count &+= 1
    } else if number < 100 {
      base[count] = 48 &+ UInt8(truncatingIfNeeded: number / 10)
      base[count &+ 1] = 48 &+ UInt8(truncatingIfNeeded: number % 10)
      count &+= 2
    } else {
      withDecimal(UInt64(number), negative: false) { append($0) }
    }
    base[count] = 13
    base[count &+ 1] = 10
    count &+= 2
  }

  @inlinable mutating func appendBulk(_ bytes: UnsafeBufferPointer<UInt8>) {
    appendHead(36, bytes.count)
    reserve(bytes.count &+ 2)
    append(bytes)
    base[count] = 13
    base[count &+ 1] = 10
    count &+= 2
  }

  @inlinable mutating func append(_ argument: some RESPArgument) {
    argument.withRESPBytes { appendBulk($0) }
  }

  @inlinable mutating func append(_ arguments: RESPArguments) {
    arguments.body.withUnsafeBufferPointer { append($0) }
  }

  mutating func append(_ command: RESPCommand) {
    appendHead(42, command.arguments.count)
    append(command.arguments)
  }
}
