import ArgumentParser
import Foundation
import ParitySupport
import PythonBridge
import RESP
import RedisPatternsTesting

/// What a person is told about an error, and the status with which the command line ends.
struct Failure {
  let message: String
  let status: ExitCode

  init(_ error: any Error) {
    message = "\(error)"
    status =
      switch error {
      case let error as RedisError where error.code == .url: .validationFailure
      case let error as RedisError: Self.noConnection.contains(error.code) ? .noConnection : .fault
      case is PythonStartError, is ProjectRootError, RedisServerError.notInstalled: .missing
      case is CancellationError: .interrupted
      default: .fault
      }
  }

  /// Whether it is told by us; ArgumentParser has text and status for the rest (help, wrong usage, `ExitCode`).
  static func isOurs(_ error: any Error) -> Bool {
    !(error is ExitCode) && RedisPatternsCommand.exitCode(for: error) == .failure
  }

  private static let noConnection: Set<RedisError.Code> = [
    .connect, .connectionLost, .timeout, .auth, .permission, .loading, .maxClients, .unsupported,
  ]
}
