/// An exact rational number, always in lowest terms. Overflow traps: a wrong oracle must not pass quietly.
struct Fraction: Hashable, Comparable {
  let above: Int128
  let below: Int128

  init(_ above: Int128, over below: Int128 = 1) {
    precondition(below > 0)
    var (a, b) = (abs(above), below)
    while b != 0 { (a, b) = (b, a % b) }
    let divisor = max(a, 1)
    self.above = above / divisor
    self.below = below / divisor
  }

  init(_ value: Int) { self.init(Int128(value)) }

  static func + (a: Fraction, b: Fraction) -> Fraction {
    // Over the least common denominator, so that the products stay small.
    let share = Fraction(a.below, over: b.below)
    return Fraction(a.above * share.below + b.above * share.above, over: a.below * share.below)
  }
  static prefix func - (a: Fraction) -> Fraction { Fraction(-a.above, over: a.below) }
  static func - (a: Fraction, b: Fraction) -> Fraction { a + -b }
  static func * (a: Fraction, b: Fraction) -> Fraction {
    // Across first, so that the products stay small.
    let (x, y) = (Fraction(a.above, over: b.below), Fraction(b.above, over: a.below))
    return Fraction(x.above * y.above, over: x.below * y.below)
  }
  static func / (a: Fraction, b: Fraction) -> Fraction { a * Fraction(b.below, over: b.above) }
  static func < (a: Fraction, b: Fraction) -> Bool { (a - b).above < 0 }

  var floor: Int {
    let (quotient, rest) = above.quotientAndRemainder(dividingBy: below)
    return Int(rest < 0 ? quotient - 1 : quotient)
  }
  var ceiling: Int { -(-self).floor }
}
