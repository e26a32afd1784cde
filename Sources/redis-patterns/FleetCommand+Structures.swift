import ArgumentParser

extension FleetCommand {
  struct Ranking: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "board", abstract: "Submit to one board.")
    @OptionGroup var options: Options
    @Option var name = "fleet"
    @Option var rounds: Int
    @Flag var naive = false

    func run() throws {
      let (name, rounds, naive) = (name, rounds, naive)
      try options.run { try await $0.board(name: name, rounds: rounds, naive: naive) }
    }
  }

  struct Counting: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "counter", abstract: "Add to one counter.")
    @OptionGroup var options: Options
    @Option var name = "fleet"
    @Option var most: Int
    @Option var attempts: Int
    @Flag var naive = false

    func run() throws {
      let (name, most, attempts, naive) = (name, most, attempts, naive)
      try options.run { try await $0.counter(name: name, most: most, attempts: attempts, naive: naive) }
    }
  }

  struct Queueing: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "queue", abstract: "Work on one queue.")
    @OptionGroup var options: Options
    @Option var name = "fleet"
    @Option var leaseUs: Int64
    @Option var workUs: Int64
    @Flag var naive = false

    func run() throws {
      let (name, leaseUs, workUs, naive) = (name, leaseUs, workUs, naive)
      try options.run { try await $0.queue(name: name, leaseUs: leaseUs, workUs: workUs, naive: naive) }
    }
  }
}
