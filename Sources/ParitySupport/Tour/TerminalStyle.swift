import Foundation

/// Colours, where they are wanted: on a terminal, unless `NO_COLOR` is set; `FORCE_COLOR` wins over the absence of a
/// terminal (see no-color.org and force-color.org).
public struct TerminalStyle: Sendable {
  public let isOn: Bool

  public init(isOn: Bool) { self.isOn = isOn }

  /// - Parameter descriptor: where the text goes.
  public init(for descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
    func isSet(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
    if isSet("NO_COLOR") {
      isOn = false
    } else if isSet("FORCE_COLOR") {
      isOn = environment["FORCE_COLOR"] != "0"
    } else {
      isOn = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
    }
  }

  public func bold(_ text: String) -> String { wrap(text, "1") }
  public func dim(_ text: String) -> String { wrap(text, "2") }
  public func green(_ text: String) -> String { wrap(text, "32") }
  public func red(_ text: String) -> String { wrap(text, "31") }

  private func wrap(_ text: String, _ code: String) -> String { isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
