/// Suspends the task until its continuation is resumed: the standard library's function, but without the switch of executors
/// that this one makes on its way in. The callers stand on the right one already, and every switch looks the task's
/// preference up under a lock.
@inlinable @inline(__always)
func suspended<Value>(_ body: (UnsafeContinuation<Value, Never>) -> Void) async -> Value {
  #if compiler(<6.4)
    // Public in every version so far, but not promised for later ones.
    await _unsafeInheritExecutor_withUnsafeContinuation(body)
  #else
    await withUnsafeContinuation { body($0) }
  #endif
}
