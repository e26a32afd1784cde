import ArgumentParser

/// How the command line ends; the table stands in `--help`.
extension ExitCode {
  static let checkFailed = ExitCode(1)
  static let noConnection = ExitCode(3)
  static let missing = ExitCode(4)
  static let fault = ExitCode(70)
  static let interrupted = ExitCode(130)
  static let nobodyReads = ExitCode(141)
}
