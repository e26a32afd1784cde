import RESP

/// The loop of a consumer, from its first turn to its farewell.
struct StreamWork: Sendable {
  /// Pages of claims in one go, so that new messages come to their turn.
  private static let mostPages = 16
  private static let farewell = Duration.seconds(10)

  private let redis: any RedisExecutor
  private let calls: StreamCalls
  private let group: String
  private let consumer: String
  private let options: StreamOptions
  private let desk: StreamDesk
  private let bell: Bell
  private let isStopping: @Sendable () -> Bool

  init(
    on redis: any RedisExecutor, calls: StreamCalls, group: String, consumer: String, options: StreamOptions,
    desk: StreamDesk, bell: Bell, isStopping: @escaping @Sendable () -> Bool
  ) {
    self.redis = redis
    self.calls = calls
    self.group = group
    self.consumer = consumer
    self.options = options
    self.desk = desk
    self.bell = bell
    self.isStopping = isStopping
  }

  /// What a turn hands to the next.
  private struct Progress {
    /// Where the group is to be made; nil when it is there.
    var start: StreamStart?
    /// What is ours may hold messages that we never saw.
    var isUnseen = true
    /// Lives of our name that ended before, whose messages are ours to take first.
    var former: [String] = []
    var cursor = StreamCalls.begin
    var lendsConnections = true
  }

  func run() async throws(RedisError) {
    // What can be known to be wrong is said before anything is sent.
    _ = try claim(.own, StreamCalls.begin, 1)
    _ = try calls.open(group: group, consumer: consumer, start: options.heal.word)
    let keeper = Task { await desk.keep() }
    defer { keeper.cancel() }
    let failure: RedisError?
    do throws(RedisError) {
      try await work()
      failure = nil
    } catch {
      failure = error
    }
    await desk.finish(within: options.grace)
    await leave()
    if let failure { throw failure }
  }

  private func work() async throws(RedisError) {
    var progress = Progress(start: options.start)
    var pause = Duration.zero
    while !isStopping() {
      do throws(RedisError) {
        if let start = progress.start {
          let open = try calls.open(group: group, consumer: consumer, start: start.word)
          progress.former = try StreamCalls.opened(try await redis.run(open)).former
          progress.start = nil
        }
        if try await turn(&progress) {
          pause = .zero
          continue
        }
      } catch {
        if error.isHopeless { throw error }
        if !error.isGroupGone {
          desk.count { $0.reconnects += 1 }
          progress.isUnseen = true
          pause = min(max(pause * 2, .milliseconds(50)), .seconds(5))
          await rest(pause * Double.random(in: 0.5...1))
          continue
        }
      }
      desk.count { $0.healed += 1 }
      progress.cursor = StreamCalls.begin
      progress.start = options.heal
      await rest(.milliseconds(50) * Double.random(in: 0.2...1))
    }
  }

  /// Once around: what is ours and unseen, what others left, what is new. False when the group is gone.
  private func turn(_ progress: inout Progress) async throws(RedisError) -> Bool {
    while progress.isUnseen, desk.free > 0 {
      guard let cursor = try await take(.own, of: progress.former.first, from: StreamCalls.begin) else { return false }
      guard cursor == StreamCalls.begin else { break }  // the rest when a hand is free
      if progress.former.isEmpty { progress.isUnseen = false } else { progress.former.removeFirst() }
    }
    if ContinuousClock.now >= desk.claimAt, desk.free > 0 {
      guard let cursor = try await take(.anyone, from: progress.cursor) else { return false }
      progress.cursor = cursor
      if desk.free > 0 || cursor == StreamCalls.begin {
        desk.claimAt = .now + min(options.idle / 2, .seconds(5)) * Double.random(in: 0.8...1)
      }
    }
    guard desk.free > 0 else {
      await bell.wait(for: .seconds(1))
      return true
    }
    let wait = max(.milliseconds(1), min(options.wait, desk.claimAt - .now))
    let got = try await read(min(desk.free, StreamCalls.mostAtOnce), wait, &progress)
    desk.count {
      $0.lastRead = .now
      $0.received += got.messages.count
    }
    desk.take(got)
    if got == StreamCalls.Claimed(), !progress.lendsConnections { await rest(min(wait, .milliseconds(100))) }
    return true
  }

  private func read(
    _ count: Int, _ wait: Duration, _ progress: inout Progress
  ) async throws(RedisError) -> StreamCalls.Claimed {
    if progress.lendsConnections {
      let command = calls.read(group: group, consumer: consumer, count: count, block: wait)
      do throws(RedisError) {
        return try StreamCalls.messages(try await redis.executeBlocking(command, for: wait))
      } catch {
        guard error.code == .unsupported else { throw error }
        progress.lendsConnections = false
      }
    }
    let command = calls.read(group: group, consumer: consumer, count: count, block: nil)
    return try StreamCalls.messages(try await redis.execute(command))
  }

  /// Follows the cursor until it comes round, or no hand is free; returns where it stands. nil: the group is gone.
  private func take(
    _ whose: StreamCalls.Whose, of life: String? = nil, from begin: String
  ) async throws(RedisError) -> String? {
    var cursor = begin
    for _ in 0..<Self.mostPages {
      let free = min(desk.free, StreamCalls.mostAtOnce)
      guard free > 0 else { break }
      let claim = try claim(whose, of: life, cursor, free)
      guard let got = try StreamCalls.claimed(try await redis.run(claim)) else { return nil }
      desk.count {
        $0.claimed += got.messages.count
        $0.buried += Int(got.buried)
        $0.trimmed += Int(got.trimmed)
      }
      desk.take(got)
      cursor = got.cursor
      if cursor == StreamCalls.begin { break }
    }
    return cursor
  }

  private func claim(
    _ whose: StreamCalls.Whose, of life: String? = nil, _ cursor: String, _ count: Int
  ) throws(RedisError) -> ScriptCall {
    try calls.claim(
      whose, of: life, group: group, consumer: consumer, cursor: cursor,
      rule: .init(
        idle: options.idle, tries: Int64(options.maxDeliveries), letters: Int64(options.maxDeadLetters)),
      count: Int64(count), held: desk.held)
  }

  /// Waits, but not beyond a stop.
  private func rest(_ time: Duration) async {
    let end = ContinuousClock.now + time
    while !isStopping(), ContinuousClock.now < end { await bell.wait(for: end - .now) }
  }

  /// Gives back what is left, until the script says that nothing is, or the time for it is over; what stays then, others
  /// claim when it has lain. Sending it again after an unknown outcome is safe: only this life has the seat, and takes
  /// nothing any more.
  private func leave() async {
    let end = ContinuousClock.now + Self.farewell
    while ContinuousClock.now < end {
      do throws(RedisError) {
        let call = try calls.leave(group: group, consumer: consumer, idle: options.idle)
        let left = try StreamCalls.left(try await redis.run(call))
        desk.count { $0.released += Int(left.released) }
        if !left.isMore { return }
      } catch {
        if error.isHopeless { return }
        try? await Task.sleep(for: .milliseconds(200), clock: .continuous)
      }
    }
  }
}

extension RedisError {
  /// The stream or the group was deleted, perhaps under a read that waited.
  fileprivate var isGroupGone: Bool {
    serverCode == "NOGROUP" || serverCode == "UNBLOCKED" && message.contains("no longer exists")
  }
}
