import Foundation
import ParitySupport
import TestSupport
import Testing

@Suite struct `The command line's manners` {
  private static let verbs: [[String]] = [
    [], ["tour"], ["doctor"], ["scripts"], ["scripts", "list"], ["scripts", "show"], ["scripts", "verify"], ["python"],
  ]

  @Test(arguments: verbs) func `help fits 80 columns and shows examples`(verb: [String]) async throws {
    let result = try await Program.run(
      Program.redisPatterns(), verb + ["--help"], environment: ["COLUMNS": "80", "NO_COLOR": nil])
    #expect(result.status == 0)
    let wide = result.lines.filter { $0.count > 80 }
    #expect(wide.isEmpty, "\(wide)")
    #expect(!result.stdout.contains("\u{1B}"))
    if verb != ["scripts", "list"], verb != ["scripts", "show"] { #expect(result.stdout.contains("EXAMPLES")) }
  }

  @Test func `help says every exit status`() async throws {
    let text = try await CommandLineRun().run("--help").stdout
    for status in ["0 ", "1 ", "3 ", "4 ", "64 ", "70 ", "130", "141", "143"] { #expect(text.contains(status)) }
    #expect(!text.contains("fleet"), "what only tests use is hidden")
  }

  @Test(arguments: [
    (["tuor"], "Did you mean 'tour'?"), (["script", "list"], "Did you mean 'scripts'?"),
    (["scripts", "lsit"], "Did you mean 'list'?"), (["xyzzy"], "There are: tour"),
    (["tour", "--pattern", "lock"], "Did you mean 'locks'?"), (["tour", "--jsn"], "--json"),
    (["scripts", "show", "lock_aquire"], "Did you mean 'lock_acquire'?"),
    (["tour", "--url", "http://x"], "redis://"), (["tour", "--wire", "--url", "redis://x"], "--wire"),
    (["tour", "extra"], "extra"),
  ]) func `wrong usage is 64 and says the nearest right one`(arguments: [String], hint: String) async throws {
    let result = try await Program.run(Program.redisPatterns(), arguments)
    #expect(result.status == 64)
    #expect(result.stdout.isEmpty)
    #expect(result.stderr.contains(hint), "\(result.stderr)")
  }

  @Test func `a server that is not there is 3, with address, cause and next step`() async throws {
    let result = try await CommandLineRun().run("tour", "--url", "redis://someone:secret@127.0.0.1:1/0")
    #expect(result.status == 3)
    #expect(result.stdout.isEmpty)
    for part in ["127.0.0.1:1", "refused", "Check that"] { #expect(result.stderr.contains(part), "\(result.stderr)") }
    #expect(!result.stderr.contains("secret"))
  }

  @Test func `a program or a package that is missing is 4, with the line that installs it`() async throws {
    let noServer = try await CommandLineRun().run(
      "tour", environment: ["REDIS_PATTERNS_REDIS_SERVER": "/nowhere/redis-server"])
    #expect(noServer.status == 4)
    #expect(noServer.stderr.contains("apt-get install"), "\(noServer.stderr)")

    let noVenv = try await CommandLineRun().run("tour", environment: ["REDIS_PATTERNS_VENV": "/nowhere/venv"])
    #expect(noVenv.status == 4)
    #expect(noVenv.stderr.contains("/nowhere/venv"), "\(noVenv.stderr)")

    let noRoot = try await CommandLineRun().run("tour", environment: ["REDIS_PATTERNS_ROOT": "/nowhere"])
    #expect(noRoot.status == 4)
    #expect(noRoot.stderr.contains("REDIS_PATTERNS_ROOT"), "\(noRoot.stderr)")
  }

  @Test func `a tour that stops says so in JSON too`() async throws {
    let result = try await CommandLineRun().run("tour", "--json", "--url", "redis://127.0.0.1:1")
    #expect(result.status == 3)
    let document = try JSONValue(parsing: Data(result.stdout.utf8))
    #expect(document["verdict"] == "STOPPED")
    #expect(document["status"] == 3)
  }

  @Test func `scripts are listed and shown byte for byte`() async throws {
    let run = try CommandLineRun()
    let list = try JSONValue(parsing: Data(try await run.run("scripts", "list", "--json").stdout.utf8)).array ?? []
    let root = try ProjectRoot.find()
    #expect(list.count > 0)
    for entry in list {
      let (name, pattern) = (entry["name"]?.string ?? "", entry["pattern"]?.string ?? "")
      let file = try String(contentsOf: root.appending(path: "lua/\(pattern)/\(name).lua"), encoding: .utf8)
      #expect(try await run.run("scripts", "show", name).stdout == file)
      #expect(entry["bytes"]?.int == Int64(file.utf8.count))
    }
  }

  @Test func `colours are for terminals, and for who asks for them`() async throws {
    let run = try CommandLineRun()
    let arguments = ["tour", "--pattern", "locks"]
    func tour(_ environment: [String: String?]) async throws -> String {
      try await run.run(arguments[0], arguments[1], arguments[2], environment: environment).stdout
    }
    #expect(try await !tour([:]).contains("\u{1B}"), "standard output is no terminal here")
    #expect(try await tour(["FORCE_COLOR": "1"]).contains("\u{1B}[32mPASS"))
    #expect(try await !tour(["FORCE_COLOR": "1", "NO_COLOR": "1"]).contains("\u{1B}"))
    #expect(try await !tour(["FORCE_COLOR": "0"]).contains("\u{1B}"))
  }
}
