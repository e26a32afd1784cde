import ArgumentParser
import Foundation

/// Writes data, whole and at once, so that the reader sees it when it is there.
///
/// - Throws: 141 when nobody reads any more (`| head`): whoever does has enough, and nothing is said.
func emit(_ text: String) throws {
  var bytes = Array((text + "\n").utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if written > 0 {
      bytes = bytes.dropFirst(written)
    } else if errno != EINTR {
      throw errno == EPIPE ? ExitCode.nobodyReads : ExitCode.fault
    }
  }
}

/// Everything that is not data goes there.
func say(_ text: String) {
  _ = Array((text + "\n").utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
