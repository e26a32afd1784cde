import CRedisSupport
import RESP

let deepest = Int(rps_deepest_reply())
let hasShortStack = rps_hiredis_version().pointee == UInt8(ascii: "0")
/// What transport.c allows to a line of text, and to a line with a size.
let longestLine = 16 * 1024
let longestHeader = 32

/// Any bytes: no crash, nothing beyond the limits, the same answer however they are cut, and that of a plain reader.
func attackReplies(_ bytes: UnsafeBufferPointer<UInt8>, plantedFault: Bool = false) {
  var chance = InputChance(bytes)
  let plain = PlainReader(bytes, deepest: deepest)
  for limits in [ReplyReading.tight, ReplyReading.usual] {
    let whole = ReplyReading([bytes], limits)
    compare(whole, plain, limits)
    // Sometimes drip by drip: every place is a cut.
    var pieces = bytes.count <= 64 && chance.below(8) == 0 ? drip(bytes) : cut(bytes, &chance)
    if plantedFault { pieces = pieces.filter { $0.count != 1 || $0[0] != UInt8(ascii: "3") } }
    let cut = ReplyReading(pieces, limits)
    guard cut.values == whole.values, (cut.end == .open) == (whole.end == .open) else {
      broken("cuts change what is read", pieces.map(\.count), whole, cut)
    }
  }
}

/// Values made of the input, written as a server writes them, must come back as they are.
func attackValues(_ bytes: UnsafeBufferPointer<UInt8>) {
  var chance = InputChance(bytes)
  var source = bytes[...]
  var values: [RESPValue] = []
  var wire: [UInt8] = []
  while !source.isEmpty, values.count < 16 {
    let value = RESPValue(from: &source, depth: 0)
    value.write(to: &wire)
    values.append(value)
  }
  wire.withUnsafeBufferPointer { wire in
    for pieces in [[wire], cut(wire, &chance)] {
      let reading = ReplyReading(pieces, ReplyReading.usual)
      guard reading.values == values, reading.end == .open else {
        broken("values do not survive the wire", values, reading)
      }
    }
  }
}

private func compare(_ reading: ReplyReading, _ plain: PlainReader, _ limits: ReplyBuilder.Limits) {
  let count = reading.values.count
  guard count <= plain.values.count, reading.values == Array(plain.values[..<count]) else {
    broken("the plain reader reads something else", reading, plain.values)
  }
  for needs in plain.needs[..<count] where mustRefuse(needs, limits) {
    broken("a reply beyond the limits was accepted", reading, needs, limits)
  }
  if reading.end == .open {
    guard count == plain.values.count else { broken("a whole reply was not handed out", reading, plain.values) }
    if plain.end == .malformed { broken("malformed bytes were accepted", reading) }
    if plain.end != .clean, let needs = plain.needs.last, mustGiveUp(needs, limits) {
      broken("an unfinished reply beyond the limits is waited for", reading, needs, limits)
    }
  } else if count < plain.values.count {
    // It stopped at a reply that the plain reader found right.
    guard mayRefuse(plain.needs[count], limits) else {
      broken("a right reply was refused", reading, plain.values[count], plain.needs[count])
    }
  } else {
    let needs = plain.needs.last ?? .init()
    guard plain.end == .malformed || plain.end == .doomed || (plain.end == .partial && mayRefuse(needs, limits)) else {
      broken("refused without a reason", reading, plain.end, needs)
    }
  }
}

private func mustRefuse(_ needs: PlainReader.Needs, _ limits: ReplyBuilder.Limits) -> Bool {
  needs.bytes > limits.bytes || needs.elements > limits.elements || needs.depth > deepest
    || needs.line > longestLine || needs.header > longestHeader
}

private func mayRefuse(_ needs: PlainReader.Needs, _ limits: ReplyBuilder.Limits) -> Bool { mustRefuse(needs, limits) }

/// Weaker while a reply is not whole: counts of arrays inside one another add up only as they arrive.
private func mustGiveUp(_ needs: PlainReader.Needs, _ limits: ReplyBuilder.Limits) -> Bool {
  needs.bytes > limits.bytes || needs.announced >= limits.elements || needs.depth > deepest
    || needs.line > longestLine + 1 || needs.header > longestHeader + 1
}

/// A few random cuts.
private func cut(_ bytes: UnsafeBufferPointer<UInt8>, _ chance: inout InputChance) -> [UnsafeBufferPointer<UInt8>] {
  guard bytes.count > 1 else { return [bytes] }
  let cuts = Set((0..<chance.below(8) + 1).map { _ in chance.below(bytes.count - 1) + 1 }).sorted()
  return zip([0] + cuts, cuts + [bytes.count]).map { UnsafeBufferPointer(rebasing: bytes[$0..<$1]) }
}

private func drip(_ bytes: UnsafeBufferPointer<UInt8>) -> [UnsafeBufferPointer<UInt8>] {
  bytes.indices.map { UnsafeBufferPointer(rebasing: bytes[$0...$0]) }
}
