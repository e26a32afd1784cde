/// Runs what must finish although the caller was cancelled: giving back a lock, leaving a queue, releasing a lease.
func shielded<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
  await Task { await work() }.value
}
