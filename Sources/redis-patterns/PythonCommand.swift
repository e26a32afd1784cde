import ArgumentParser
import PythonBridge

struct PythonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "python",
    abstract: "Run a Python file with the package, the scripts and the Redis URL at hand.",
    usage: "redis-patterns python [<options>] <file> [<arguments> ...]",
    discussion: """
      Runs FILE as `python3 FILE ARGS…` would, in the Python that this program is linked with. The file finds the package \
      redis_patterns, the server in REDIS_URL and the Lua scripts in REDIS_PATTERNS_LUA_DIR. \
      Options of this command stand before FILE; all that follows is the script's.

      The virtual environment is --venv, else REDIS_PATTERNS_VENV, else VIRTUAL_ENV, else the checkout's .venv.

      Exit status: the script's own; 4 when Python cannot start.

      EXAMPLES
        redis-patterns python report.py --since yesterday
        redis-patterns python --url redis://127.0.0.1:6390/1 report.py
      """)

  @Option(help: ArgumentHelp("The server, for REDIS_URL.", valueName: "url")) var url: String?
  @Option(help: ArgumentHelp("A virtual environment made by this program's Python.", valueName: "folder"))
  var venv: String?
  @Option(help: ArgumentHelp("What all keys begin with, in the bridge's context.", valueName: "name"))
  var namespace: String?
  @Argument(help: "The file to run.", completion: .file(extensions: ["py"])) var file: String
  @Argument(parsing: .captureForPassthrough, help: "The script's own arguments.") var arguments: [String] = []

  func run() throws {
    var environment = PythonMainEnvironment(venv: venv, redisURL: url)
    if let namespace { environment.context["namespace"] = .string(namespace) }
    throw ExitCode(PythonMain.run(file: file, arguments: arguments, environment: environment))
  }
}
