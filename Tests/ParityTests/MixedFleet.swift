import Foundation
import ParitySupport
import RESP
import RedisPatternsTesting
import TestSupport

/// Swift and Python processes that do the same work on the same keys at the same time.
struct MixedFleet {
  let server: RedisServer
  var swift = 4
  var python = 4

  /// Runs one verb in every worker and returns what each printed.
  /// - Throws: what a worker that failed wrote to standard error.
  func run(_ verb: String, namespace: String, _ arguments: [String]) async throws -> [JSONValue] {
    let shared =
      [verb, "--url", server.url, "--namespace", namespace, "--workers", "\(swift + python)", "--json"] + arguments
    let interpreter = try PythonProcessLanguage.interpreter(root: ProjectRoot.find())
    let binary = try Program.redisPatterns()
    var programs: [Program] = []
    for _ in 0..<python {
      let words = (interpreter.path == "/usr/bin/env" ? ["python3"] : []) + ["-m", "redis_patterns._fleet"]
      programs.append(
        try Program(interpreter.path, words + shared, environment: interpreter.environment.mapValues(Optional.some)))
    }
    for _ in 0..<swift { programs.append(try Program(binary, ["fleet"] + shared)) }
    var reports: [JSONValue] = []
    for program in programs {
      let result = try await program.wait(.seconds(120))
      guard result.status == 0 else { throw ParityError("a worker ended with \(result.status): \(result.stderr)") }
      reports.append(try JSONValue(parsing: Data(result.stdout.utf8)))
    }
    return reports
  }
}

/// The log of a critical section, as its workers wrote it.
struct SectionLog {
  struct Entry {
    let word: Substring
    let fence: Int64
    let worker: Substring
  }

  let entries: [Entry]
  /// Each worker read, added one and wrote back: fewer than the sections means that two were inside.
  let counter: Int64

  init(_ redis: some RedisExecutor, namespace: String) async throws {
    let lines = try await redis.execute(RESPCommand("LRANGE", "\(namespace):fleet:log", 0, -1)).array ?? []
    entries = lines.compactMap(\.string).map { line in
      let words = line.split(separator: " ")
      return Entry(word: words[0], fence: Int64(words[1]) ?? -1, worker: words[2])
    }
    counter = try await redis.execute(RESPCommand("GET", "\(namespace):fleet:counter")).int ?? 0
  }

  /// Sections that began while another was open, or ended out of turn.
  var overlaps: Int {
    var (open, count) = (Entry?.none, 0)
    for entry in entries {
      if entry.word == "begin" {
        if open != nil { count += 1 }
        open = entry
      } else {
        if open?.fence != entry.fence || open?.worker != entry.worker { count += 1 }
        open = nil
      }
    }
    return count
  }

  /// The fences in the order in which sections began.
  var fences: [Int64] { entries.filter { $0.word == "begin" }.map(\.fence) }
  var workers: Set<Substring> { Set(entries.map(\.worker)) }
  /// How often the section passed from one language to the other.
  var crossings: Int {
    let languages = entries.filter { $0.word == "begin" }.map { $0.worker.prefix { $0 != "-" } }
    return zip(languages, languages.dropFirst()).count { $0 != $1 }
  }
}

/// The log of the loads of one key: which entry each was to replace.
struct RefreshLog {
  /// The entries that loads began for.
  let begun: [Substring]
  /// Loads that began while another ran.
  let overlaps: Int

  init(_ redis: some RedisExecutor, namespace: String) async throws {
    let lines = try await redis.execute(RESPCommand("LRANGE", "\(namespace):fleet:log", 0, -1)).array ?? []
    let words = lines.compactMap(\.string).map { $0.split(separator: " ") }
    begun = words.filter { $0[0] == "begin" }.map { $0[1] }
    var (open, count) = (0, 0)
    for line in words {
      if line[0] == "begin", open > 0 { count += 1 }
      open += line[0] == "begin" ? 1 : -1
    }
    overlaps = count
  }

  /// Loads beyond the first for one entry.
  var repeated: Int { begun.count - Set(begun).count }
}
