/// 128 random bits as 32 hexadecimal digits, from the system's generator: owners, tokens, request ids.
///
/// Random and never counted, so that a restart, a flush or another fleet cannot make two of them equal.
package func randomID() -> String {
  var generator = SystemRandomNumberGenerator()
  var bytes: [UInt8] = []
  bytes.reserveCapacity(16)
  for _ in 0..<2 {
    let word: UInt64 = generator.next()
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
  return hexadecimal(bytes)
}
