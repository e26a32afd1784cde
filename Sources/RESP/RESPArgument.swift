/// A value that can travel as one argument of a command.
///
/// Deliberately not for floating point: every number that we store is an integer (see the contract, "Numbers").
public protocol RESPArgument: Sendable {
  /// Appends `$<length>\r\n<bytes>\r\n`.
  func encode(into buffer: inout [UInt8])
}

extension String: RESPArgument {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    var copy = self
    copy.withUTF8 { buffer.appendBulk($0) }
  }
}

extension Substring: RESPArgument {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    var copy = self
    copy.withUTF8 { buffer.appendBulk($0) }
  }
}

extension StaticString: RESPArgument {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    withUTF8Buffer { buffer.appendBulk($0) }
  }
}

extension [UInt8]: RESPArgument {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    withUnsafeBufferPointer { buffer.appendBulk($0) }
  }
}

extension ArraySlice<UInt8>: RESPArgument {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    withUnsafeBufferPointer { buffer.appendBulk($0) }
  }
}

extension RESPArgument where Self: BinaryInteger {
  @inlinable public func encode(into buffer: inout [UInt8]) {
    var text = String(self)
    text.withUTF8 { buffer.appendBulk($0) }
  }
}

extension Int: RESPArgument {}
extension Int64: RESPArgument {}
extension Int32: RESPArgument {}
extension UInt64: RESPArgument {}
extension UInt32: RESPArgument {}
extension UInt8: RESPArgument {}

extension [UInt8] {
  @inlinable mutating func appendBulk(_ bytes: UnsafeBufferPointer<UInt8>) {
    append(36)  // $
    appendDecimal(bytes.count)
    append(13)
    append(10)
    append(contentsOf: bytes)
    append(13)
    append(10)
  }

  /// Decimal digits of a count, without the detour over String.
  @inlinable mutating func appendDecimal(_ value: Int) {
    if value < 10 {
      append(48 &+ UInt8(truncatingIfNeeded: value))
      return
    }
    var digits: (UInt64, UInt64, UInt32) = (0, 0, 0)
    Swift.withUnsafeMutableBytes(of: &digits) { scratch in
      var rest = value
      var at = 20
      while rest > 0 {
        at -= 1
        scratch[at] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      append(contentsOf: scratch[at..<20])
    }
  }
}
