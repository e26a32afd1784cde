import ArgumentParser

@main
struct RedisPatternsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redis-patterns",
    abstract: "Redis patterns that hold up in production, for Swift and Python, from one set of Lua scripts.",
    discussion: """
      Exit status: 0 as asked, 1 a check failed, 2 critical, 3 no connection, 4 something is missing, \
      64 wrong usage, 70 a fault of ours, 130 interrupted, 141 nobody read the output, 143 terminated.

      EXAMPLES
        redis-patterns tour
        redis-patterns doctor --url redis://127.0.0.1:6390
        redis-patterns scripts list
        redis-patterns scripts verify --url redis://127.0.0.1:6390
        redis-patterns python report.py
      """,
    subcommands: [
      TourCommand.self, DoctorCommand.self, ScriptsCommand.self, PythonCommand.self, BenchCommand.self,
      FleetCommand.self,
    ])

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let message = Suggestion.unknownVerb(in: arguments, of: Self.self) {
      exit(withError: ValidationError(message))
    }
    do {
      var command = try parseAsRoot(arguments)
      do {
        try command.run()
      } catch let error where Failure.isOurs(error) {
        let failure = Failure(error)
        say("redis-patterns: \(failure.message)")
        throw failure.status
      }
    } catch {
      exit(withError: error)
    }
  }
}
