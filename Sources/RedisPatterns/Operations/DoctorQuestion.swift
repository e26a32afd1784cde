import RESP

/// One command that only reads.
struct DoctorQuestion: Sendable {
  /// The verb, with its second word where that belongs to it: `CONFIG GET`.
  let verb: String
  let command: RESPCommand

  /// - Parameter verb: one of the checklist's commands; any other is a mistake of ours, and ends the process.
  init(_ verb: String, _ arguments: any RESPArgument...) {
    self.init(verb, arguments)
  }

  init(_ verb: String, _ arguments: [any RESPArgument]) {
    precondition(Checklist.shared.commands.contains(verb), "\(verb) is not on the list of commands that only read")
    self.verb = verb
    let words = verb.split(separator: " ")
    var rest = RESPArguments()
    for word in words.dropFirst() { rest.append(word) }
    rest.append(contentsOf: RESPArguments(arguments))
    command = RESPCommand(name: String(words[0]), rest)
  }
}
