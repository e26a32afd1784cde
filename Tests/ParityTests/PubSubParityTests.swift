import Foundation
import Hiredis
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `Messages between the languages` {
  /// A Python process that publishes and reads on the same channel.
  private static let python = """
    import sys
    from redis_patterns import TEXT, Message, Publisher, Subscriber, connect
    redis = connect(sys.argv[1])
    publisher = Publisher(redis, "a", codec=TEXT)
    with Subscriber(redis, ["a"], codec=TEXT) as subscriber:
        print("ready", flush=True)
        for number in range(50):
            publisher.publish(f"python {number} ü")
        for _ in range(100):
            event = subscriber.next(timeout=30)
            assert isinstance(event, Message), event
            print(f"{event.sequence} {event.value}", flush=True)
    """

  @Test func `reach subscribers of both, under one numbering`() async throws {
    try await withServer { server, _ in
      let redis = try RedisClient(server.url)
      let subscription = try await Subscriber(on: redis, codec: .string).subscribe(to: ["a"])
      let interpreter = try PythonProcessLanguage.interpreter(root: ProjectRoot.find())
      let words = (interpreter.path == "/usr/bin/env" ? ["python3"] : []) + ["-c", Self.python, server.url]
      let python = try Program(interpreter.path, words, environment: interpreter.environment.mapValues(Optional.some))
      try await eventually(within: .seconds(30)) { python.stdout.hasPrefix("ready") }
      let publisher = Publisher("a", on: redis, codec: .string)
      for number in 0..<50 { try await publisher.publish("swift \(number) ü") }
      var ours: [String] = []
      while ours.count < 100 {
        guard case .message(let message)? = try await subscription.next() else {
          Issue.record("not a message")
          return
        }
        ours.append("\(message.sequence) \(message.value)")
      }
      let result = try await python.wait()
      #expect(result.status == 0, "\(result.stderr)")
      let theirs = result.stdout.split(separator: "\n").dropFirst().map(String.init)
      #expect(ours == theirs)
      #expect(ours.count { $0.contains("swift") } == 50)
      #expect(ours.map { Int($0.prefix { $0 != " " }) ?? 0 } == Array(1...100))
    }
  }
}
