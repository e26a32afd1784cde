extension String {
  /// Whether all bytes in UTF-8 are such: looked at where they lie, as nearly always they do, together.
  func hasOnly(_ isGood: (UInt8) -> Bool) -> Bool {
    utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isGood) } ?? utf8.allSatisfy(isGood)
  }
}
