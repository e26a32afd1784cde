/// Who plays which actor of a scenario.
public struct Cast: Sendable {
  public let name: String
  private let languages: [String: any ParityLanguage]

  /// One language plays all.
  public init(_ language: some ParityLanguage) {
    name = language.name
    languages = ["a": language, "b": language]
  }

  /// Two languages on one database.
  public init(a: any ParityLanguage, b: any ParityLanguage) {
    name = "\(a.name) a, \(b.name) b"
    languages = ["a": a, "b": b]
  }

  /// Each language alone, then both together, then with their parts swapped. The first is what the others are held to.
  public static func parity(_ one: some ParityLanguage, _ two: some ParityLanguage) -> [Cast] {
    [Cast(one), Cast(two), Cast(a: one, b: two), Cast(a: two, b: one)]
  }

  func language(of step: Scenario.Step) throws -> any ParityLanguage {
    guard let language = languages[step.by] else { throw ParityError("no actor is called '\(step.by)': only a and b") }
    return language
  }

  /// Steps in a row that one language plays, or one step of the server's own.
  func turns(of scenario: Scenario) throws -> [(steps: Range<Int>, language: (any ParityLanguage)?)] {
    var turns: [(steps: Range<Int>, language: (any ParityLanguage)?)] = []
    for (at, step) in scenario.steps.enumerated() {
      if case .server = step.action {
        turns.append((at..<(at + 1), nil))
        continue
      }
      let language = try language(of: step)
      if let last = turns.last, last.language?.name == language.name {
        turns[turns.count - 1].steps = last.steps.lowerBound..<(at + 1)
      } else {
        turns.append((at..<(at + 1), language))
      }
    }
    return turns
  }
}
