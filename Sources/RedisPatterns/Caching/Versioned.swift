/// A value and the source's version of it: what is older never replaces what is newer.
public struct Versioned<Value: Sendable>: Sendable {
  /// Nil: the source has no such thing.
  public let value: Value?
  /// Grows with every change of the row; 0 where the source has none.
  public let version: UInt64

  /// - Parameter version: 0 where the source has none, which is older than any other.
  public init(_ value: Value?, version: UInt64 = 0) {
    self.value = value
    self.version = version
  }
}

extension Versioned: Equatable where Value: Equatable {}

/// The same without the type of the value.
struct Found: Sendable {
  /// Nil: the source has no such thing.
  var value: (any Sendable)?
  var version: UInt64 = 0

  init<Value: Sendable>(_ value: Value?) { if let value { self.value = value } }

  init<Value: Sendable>(_ found: Versioned<Value>) {
    self.init(found.value)
    version = found.version
  }
}
