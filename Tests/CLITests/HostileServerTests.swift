#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  /// A whole program before a server that announces what it will never send; memory as the kernel counts it.
  @Suite struct `A hostile server` {
    @Test(arguments: ["$2147483647\r\n", "*2147483647\r\n", "$134217728\r\nx", "*1000000\r\n"])
    func `takes no memory by what it announces`(header: String) async throws {
      let hex = header.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      let silent = try await mostMemory(before: "hold:")
      let hostile = try await mostMemory(before: "hold:\(hex)")
      #expect(hostile - silent < 8 << 10, "\(hostile - silent) kB more than before a silent server")
    }

    /// The most memory that a doctor ever had before such a server, in kB (VmHWM).
    private func mostMemory(before manner: String) async throws -> Int {
      let server = try await FakeServer(manner)
      defer { server.close() }
      let doctor = try Program(
        Program.redisPatterns(), ["doctor", "--url", "\(server.url)?timeout_ms=500&connect_timeout_ms=10000"])
      var most = 0
      while doctor.isRunning {
        let status = (try? String(contentsOfFile: "/proc/\(doctor.pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        most = max(most, Int(line.filter(\.isNumber)) ?? 0)
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(try await doctor.wait().status == 3)
      #expect(most > 1000)
      return most
    }
  }
#endif
