import Foundation
import PythonBridge
import Testing

/// Which Python starts, and why not. Each test is a process of its own, because a process starts Python once.
@Suite(needsPython)
struct PythonStartTests {
  private func start(_ environment: [String: String]) async throws -> Subprocess.End {
    try await Subprocess.run(
      Subprocess.probe, ["start"], environment: environment, without: ["REDIS_PATTERNS_VENV"]
    )
  }

  @Test func `another python3 first on PATH changes nothing`() async throws {
    try await Subprocess.withScript("#!/bin/sh\necho wrong Python; exit 1\n", name: "python3") { file in
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      let end = try await start(["PATH": "\(folder):\(path)"])
      try #require(end.status == 0, "\(end.stderr)")
      let lines = end.stdout.split(separator: "\n").map(String.init)
      let (executable, prefix, version, library) = (lines[0], lines[1], lines[2], lines[3])
      #expect(!executable.hasPrefix(folder))
      #expect(library.hasPrefix(prefix))
      let own = try await Subprocess.run(executable, ["-c", "import sys; print(sys.version.split()[0], sys.prefix)"])
      #expect(own.stdout == "\(version) \(prefix)\n")
    }
  }

  @Test(arguments: ["PROBE_VENV", "REDIS_PATTERNS_VENV", "VIRTUAL_ENV"])
  func `an environment of another Python is refused with both versions and the command`(
    variable: String
  ) async throws {
    try await Subprocess.withScript("home = /nowhere\nversion = 3.11.999\n", name: "pyvenv.cfg") { file in
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      let end = try await start([variable: folder])
      #expect(end.status == 9)
      #expect(end.stdout == "same error\n")
      #expect(end.stderr.contains("was made by Python 3.11.999, but this program runs Python 3."))
      #expect(end.stderr.contains("-m venv --clear \(folder)"))
    }
  }

  @Test func `a missing environment and a folder that is none are named`() async throws {
    let missing = try await start(["VIRTUAL_ENV": "/no/such/environment"])
    #expect(missing.stderr.contains("/no/such/environment (VIRTUAL_ENV) does not exist"))
    let none = try await start(["VIRTUAL_ENV": "/usr"])
    #expect(none.stderr.contains("it has no pyvenv.cfg"))
  }

  @Test(arguments: ["/no/such/home", "/opt"])
  func `a PYTHONHOME that is not this Python's is refused before it can do harm`(home: String) async throws {
    let end = try await start(["PYTHONHOME": home])
    #expect(end.status == 9)
    #expect(end.stdout == "same error\n")
    #expect(end.stderr.contains("PYTHONHOME=\(home)"))
    #expect(end.stderr.contains("unset PYTHONHOME"))
  }

  @Test func `an explicit environment goes before both variables`() async throws {
    guard let venv = checkout.venv else { return }
    let end = try await start([
      "PROBE_VENV": venv, "REDIS_PATTERNS_VENV": "/no/such/environment", "VIRTUAL_ENV": "/nor/this",
    ])
    #expect(end.status == 0, "\(end.stderr)")
    #expect(end.stdout.contains("\(venv)/bin/python3\n\(venv)\n"))
  }
}
