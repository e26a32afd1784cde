import Foundation

/// What libFuzzer may attack; the environment names one: `REDIS_PATTERNS_FUZZ=replies`.
///
/// `scripts/soak fuzz` builds this folder with the reply path of the client and runs every target.
enum FuzzTarget: String, CaseIterable {
  /// Any bytes as a server's answers.
  case replies
  /// Values out of any bytes, sent as a server would send them.
  case values
  /// Commands with any bytes as arguments.
  case commands
  /// Any text as the URL of a server.
  case urls
  /// Any text as a server's error.
  case errors
  /// `replies` with a planted fault: must be found, or the harness is blind.
  case canary

  static let chosen =
    ProcessInfo.processInfo.environment["REDIS_PATTERNS_FUZZ"].flatMap(Self.init(rawValue:)) ?? .replies

  func attack(_ bytes: UnsafeBufferPointer<UInt8>) {
    switch self {
    case .replies: attackReplies(bytes)
    case .values: attackValues(bytes)
    case .commands: attackCommands(bytes)
    case .urls: attackURLs(bytes)
    case .errors: attackErrors(bytes)
    case .canary: attackReplies(bytes, plantedFault: true)
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  FuzzTarget.chosen.attack(UnsafeBufferPointer(start: data, count: size))
  return 0
}

/// A broken promise: libFuzzer keeps the input that led here.
func broken(_ promise: String, _ details: Any...) -> Never {
  fatalError("\(promise)\n" + details.map { "  \($0)" }.joined(separator: "\n"))
}

/// Chance that depends on the input alone, so that a kept input fails again.
struct InputChance {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
