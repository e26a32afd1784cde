import RESP

extension DoctorReport {
  /// The document of a doctor who could not look: nothing is known, and why. The same bytes as Python's.
  package static func blind(_ error: RedisError) -> String {
    var said: [String: JSON] = [
      "code": .string(error.code.rawValue), "next_step": .string(error.nextStep),
      "documentation": .string(error.documentation),
    ]
    if let code = error.serverCode { said["server_code"] = .string(code) }
    if let address = error.address { said["address"] = .string(address) }
    return JSON.object([
      "schema": .int(1), "verdict": .string(Status.unknown.rawValue), "status": .int(3), "error": .object(said),
    ]).indented
  }
}
