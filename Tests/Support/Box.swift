import Synchronization

/// A value that tasks of a test share.
public final class Box<Value: Sendable>: Sendable {
  private let content: Mutex<Value>

  public init(_ value: Value) { content = Mutex(value) }

  public var value: Value {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue } }
  }

  @discardableResult
  public func update<Result: Sendable>(_ change: (inout sending Value) -> sending Result) -> Result {
    content.withLock(change)
  }
}
