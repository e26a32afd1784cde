import ArgumentParser

/// "Did you mean": the nearest of the words that would have been right.
enum Suggestion {
  /// The nearest word, when it is near enough to be meant.
  static func nearest(to word: String, among words: [String]) -> String? {
    let ranked = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (best, distance) = ranked, distance <= max(1, word.count / 3) || best.hasPrefix(word) else { return nil }
    return best
  }

  /// The message for the first verb in the arguments that does not exist; nil when all do.
  static func unknownVerb(in arguments: [String], of root: any ParsableCommand.Type) -> String? {
    var (command, path) = (root, [root._commandName])
    for argument in arguments {
      let verbs = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      guard !verbs.isEmpty, !argument.hasPrefix("-"), argument != "help" else { return nil }
      if let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) {
        command = next
        path.append(argument)
        continue
      }
      let names = verbs.map { $0._commandName }
      let hint = nearest(to: argument, among: names).map { " Did you mean '\($0)'?" } ?? ""
      return "'\(argument)' is no command of '\(path.joined(separator: " "))'.\(hint) There are: "
        + names.joined(separator: ", ") + "."
    }
    return nil
  }

  /// Optimal string alignment: how many letters are changed, added, left out or swapped with the next.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var table = Array(repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { table[i][0] = i }
    for j in 0...b.count { table[0][j] = j }
    for i in 0..<a.count {
      for j in 0..<b.count {
        let same = a[i] == b[j] ? 0 : 1
        table[i + 1][j + 1] = min(table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + same)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          table[i + 1][j + 1] = min(table[i + 1][j + 1], table[i - 1][j - 1] + 1)
        }
      }
    }
    return table[a.count][b.count]
  }
}
