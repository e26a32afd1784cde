import ArgumentParser
import Foundation
import Hiredis
import LuaScripts
import ParitySupport
import PythonBridge
import RESP

extension ScriptsCommand {
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare this binary's scripts with Python's and with a server's.",
      discussion: """
        Python's are those of `python -m redis_patterns scripts list`. With --url each script is loaded there \
        (SCRIPT LOAD), and the server's SHA-1 is compared.

        Exit status: 0 all equal, 1 a difference, 3 no connection, 4 neither Python nor --url.

        EXAMPLES
          redis-patterns scripts verify
          redis-patterns scripts verify --url redis://127.0.0.1:6390 --json
        """)

    @Option(help: ArgumentHelp("A server that shall hold the same scripts.", valueName: "url")) var url: String?
    @Flag(help: "One JSON document on standard output.") var json = false

    func run() throws {
      let (url, json) = (url, json)
      try runAsync {
        let python = await Result { try await ScriptVerification.pythonScripts() }
        if case .failure(let error) = python {
          guard url != nil else { throw error }
          say("redis-patterns: Python's scripts were not compared: \(error)")
        }
        let server = try await url.asyncMap { try await ScriptVerification.serverScripts(RedisURL($0)) }
        let rows = ScriptVerification.rows(python: try? python.get(), server: server)
        let document = Document(equal: rows.allSatisfy(\.isEqual), scripts: rows)
        try emit(json ? try JSONText.of(document) : document.text)
        if !document.equal { throw ExitCode.checkFailed }
      }
    }

    private struct Document: Encodable {
      let schema = 1
      let equal: Bool
      let scripts: [ScriptVerification.Row]

      var text: String {
        let count = scripts.count { !$0.isEqual }
        let last = equal ? "PASS  \(scripts.count) scripts equal" : "FAIL  \(count) of \(scripts.count) scripts differ"
        return (scripts.map(\.text) + [last]).joined(separator: "\n")
      }
    }
  }
}

/// Where the same scripts shall be, and what is there.
enum ScriptVerification {
  /// One script: its SHA-1 here and elsewhere; nil where nobody looked.
  struct Row: Encodable {
    let name: String
    /// Empty: this binary has no such script.
    let swift: String
    /// Empty: the package has no such script.
    let python: String?
    let server: String?

    var isEqual: Bool { [python, server].allSatisfy { $0 == nil || $0 == swift } }

    var text: String {
      let places = [("python", python), ("server", server)].compactMap { place, sha1 in
        sha1.map { $0 == swift ? "\(place) equal" : "\(place) \($0.isEmpty ? "has none" : $0)" }
      }
      let name = name.padding(toLength: 16, withPad: " ", startingAt: 0)
      return "\(name) \(swift.isEmpty ? "(not in this binary)" : swift)  \(places.joined(separator: ", "))"
    }
  }

  static func rows(python: [String: String]?, server: [String: String]?) -> [Row] {
    let ours = Dictionary(uniqueKeysWithValues: LuaScript.all.map { ($0.name, $0.sha1) })
    return Set(ours.keys).union(python?.keys.map { $0 } ?? []).sorted().map { name in
      Row(
        name: name, swift: ours[name] ?? "", python: python.map { $0[name] ?? "" },
        server: ours[name] == nil ? nil : server.map { $0[name] ?? "" })
    }
  }

  /// Name and SHA-1, as the package's own command says.
  static func pythonScripts() async throws -> [String: String] {
    _ = try await PythonLanguage(root: ProjectRoot.find())
    let result = try await PythonInterpreter.run(
      module: "redis_patterns", arguments: ["scripts", "list", "--json"], output: .capture)
    guard result.exitCode == 0, let scripts = try? JSONValue(parsing: Data(result.stdoutBytes))["scripts"]?.object
    else {
      throw ParityError("python -m redis_patterns scripts list ended with \(result.exitCode): \(result.stderr)")
    }
    return scripts.compactMapValues(\.string)
  }

  /// Name and SHA-1, as the server computes it.
  static func serverScripts(_ url: RedisURL) async throws -> [String: String] {
    let redis = try RedisClient(url)
    defer { redis.close() }
    var found: [String: String] = [:]
    for script in LuaScript.all {
      found[script.name] = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source)).string ?? ""
    }
    var exists = RESPCommand("SCRIPT", "EXISTS")
    for script in LuaScript.all { exists.append(script.sha1) }
    let known = try await redis.execute(exists).array ?? []
    for (script, answer) in zip(LuaScript.all, known) where answer.int != 1 { found[script.name] = "" }
    return found
  }
}

extension Optional {
  fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
    if let self { try await transform(self) } else { nil }
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
