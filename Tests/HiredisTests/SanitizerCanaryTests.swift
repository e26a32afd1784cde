import CRedisSupport
import Foundation
import Testing

/// Faults on purpose, so that a sanitizer that says nothing is noticed: `scripts/soak sanitizers` runs each one alone
/// and wants it reported. Never part of a normal run.
@Suite struct SanitizerCanaryTests {
  private static let chosen = ProcessInfo.processInfo.environment["REDIS_PATTERNS_CANARY"]

  /// Wrong on purpose: `@unchecked` hides an unguarded variable from the compiler, and ThreadSanitizer must see it.
  private final class Racing: @unchecked Sendable {
    var count = 0
  }

  @Test(.enabled(if: chosen == "race"))
  func `two threads count without a lock`() async {
    let racing = Racing()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100_000 { racing.count += 1 }
        }
      }
    }
    print("counted \(racing.count)")
  }

  @Test(.enabled(if: chosen == "overflow"))
  func `Swift writes behind its memory`() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes[16] = 1
    print("wrote \(bytes[16])")
    bytes.deallocate()
  }

  @Test(.enabled(if: chosen == "freed"))
  func `C writes to memory that was given back`() {
    let lock = UnsafeMutablePointer<rps_lock_t>.allocate(capacity: 1)
    rps_lock_init(lock)
    lock.deallocate()
    rps_lock_give(lock)
  }

  @Test(.enabled(if: chosen == "leak"))
  func `memory is forgotten`() {
    for size in 100..<200 { UnsafeMutablePointer<UInt8>.allocate(capacity: size).pointee = 1 }
  }
}
