extension Duration {
  /// Whole microseconds, rounded to the nearest one; nil beyond 64 bits.
  ///
  /// Rounded, not refused: `.seconds(0.1)` is a few attoseconds away from what its author meant.
  package var wholeMicroseconds: Int64? {
    // `components` ends the process where the seconds alone need more than 64 bits.
    guard self > .seconds(-9_000_000_000_000), self < .seconds(9_000_000_000_000) else { return nil }
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return nil }
    let half: Int64 = attoseconds < 0 ? -500_000_000_000 : 500_000_000_000
    let (sum, overflowed) = whole.addingReportingOverflow((attoseconds + half) / 1_000_000_000_000)
    return overflowed ? nil : sum
  }

  /// As a time to wait: none to 366 days. Longer is as good as for ever, and no clock's arithmetic overflows.
  package var asWait: Duration { min(max(self, .zero), .microseconds(NumberRule.longest)) }
}
