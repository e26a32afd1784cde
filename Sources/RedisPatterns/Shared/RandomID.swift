/// 128 random bits as 32 hexadecimal digits, from the system's generator: owners, tokens, request ids.
///
/// Random and never counted, so that a restart, a flush or another fleet cannot make two of them equal.
package func randomID() -> String {
  var generator = SystemRandomNumberGenerator()
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(32)
  for _ in 0..<2 {
    let word: UInt64 = generator.next()
    for shift in stride(from: 60, through: 0, by: -4) { text.append(digits[Int(word >> UInt64(shift) & 15)]) }
  }
  return String(decoding: text, as: UTF8.self)
}
