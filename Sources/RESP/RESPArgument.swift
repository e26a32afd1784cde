/// A value that can travel as one argument of a command.
///
/// Deliberately not for floating point: every number that we store is an integer (see the contract, "Numbers").
public protocol RESPArgument: Sendable {
  /// Lends the bytes that travel.
  func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result
  /// Appends `$<length>\r\n<bytes>\r\n`. There is a default; it is a requirement so that `any RESPArgument` is fast too.
  func encode(into buffer: inout [UInt8])
}

extension RESPArgument {
  /// Appends `$<length>\r\n<bytes>\r\n`.
  @inlinable public func encode(into buffer: inout [UInt8]) {
    withRESPBytes { buffer.appendBulk($0) }
  }
}

extension String: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var copy = self
    return copy.withUTF8(body)
  }
}

extension Substring: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var copy = self
    return copy.withUTF8(body)
  }
}

extension StaticString: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if hasPointerRepresentation {
      return body(UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount))
    }
    return String(describing: self).withRESPBytes(body)
  }
}

extension [UInt8]: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withUnsafeBufferPointer(body)
  }
}

extension ArraySlice<UInt8>: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withUnsafeBufferPointer(body)
  }
}

extension Int: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(magnitude), negative: self < 0, body)
  }
}

extension Int64: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(magnitude), negative: self < 0, body)
  }
}

extension Int32: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(magnitude), negative: self < 0, body)
  }
}

extension UInt64: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(self), negative: false, body)
  }
}

extension UInt32: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(self), negative: false, body)
  }
}

extension UInt8: RESPArgument {
  @inlinable public func withRESPBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    withDecimal(UInt64(self), negative: false, body)
  }
}

/// Lends the decimal digits of an integer, without the detour over String.
@inlinable public func withDecimal<Result>(
  _ magnitude: UInt64, negative: Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  // Twenty digits and a sign.
  var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
  return Swift.withUnsafeMutableBytes(of: &digits) { raw in
    let scratch = raw.bindMemory(to: UInt8.self)
    var rest = magnitude
    var at = 24
    repeat {
      at -= 1
      scratch[at] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    if negative {
      at -= 1
      scratch[at] = 45
    }
    return body(UnsafeBufferPointer(rebasing: scratch[at..<24]))
  }
}

extension [UInt8] {
  @inlinable mutating func appendBulk(_ bytes: UnsafeBufferPointer<UInt8>) {
    append(36)  // $
    withDecimal(UInt64(bytes.count), negative: false) { append(contentsOf: $0) }
    append(13)
    append(10)
    append(contentsOf: bytes)
    append(13)
    append(10)
  }
}
