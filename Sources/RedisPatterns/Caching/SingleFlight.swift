import Synchronization

/// One load of a key at a time in this process; the others who want it wait for its landing.
///
/// Who may share a result: a value that was read before a caller asked may have been deleted before it asked. So callers
/// carry the round in which they joined, and a landing says up to which round its result is good; the rest fly again.
final class SingleFlight<Value: Sendable>: Sendable {
  typealias Load = @Sendable () async throws -> Versioned<Value>
  typealias Pilot = @Sendable (Flight<Value>, @escaping Load) async -> Landing<Value>

  private struct Entry {
    let flight: Flight<Value>
    var round = 0
    var waiters: [Waiter]
  }

  private struct Waiter {
    let seat: Seat<Value>
    let load: Load
    let pilot: Pilot
    var round: Int

    func joining(_ round: Int) -> Waiter {
      var copy = self
      copy.round = round
      return copy
    }
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// - Parameter patience: how long to wait for another's load; one's own takes as long as it takes.
  func join(
    _ key: String, patience: Duration, _ load: @escaping Load, pilot: @escaping Pilot
  ) async throws -> Value? {
    let seat = Seat<Value>(until: .now + patience.asWait)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if seat.take(continuation) { board(key, [Waiter(seat: seat, load: load, pilot: pilot, round: 0)]) }
      }
    } onCancel: {
      seat.leave(.failure(CancellationError()))
      cancelIfEmpty(key)
    }
  }

  func waiting(for key: String) -> Int {
    entries.withLock { entries in entries[key]?.waiters.count { !$0.seat.isEmpty } ?? 0 }
  }

  /// Joins the flight that is under way, or starts one.
  private func board(_ key: String, _ waiters: [Waiter]) {
    guard let first = waiters.first else { return }
    let flight = entries.withLock { entries -> Flight<Value>? in
      if var entry = entries[key] {
        entry.waiters += waiters.map { $0.joining(entry.round) }
        entries[key] = entry
        return nil
      }
      let flight = Flight(key: key, table: self)
      entries[key] = Entry(flight: flight, waiters: waiters.map { $0.joining(0) })
      return flight
    }
    guard let flight else {
      for waiter in waiters { waiter.seat.setTimer { self.cancelIfEmpty(key) } }
      return
    }
    first.seat.stopTimer()
    for waiter in waiters.dropFirst() { waiter.seat.setTimer { self.cancelIfEmpty(key) } }
    flight.start {
      let landing = await first.pilot(flight, first.load)
      self.land(flight, landing)
    }
    // Everybody may have left before the flight stood on the table.
    cancelIfEmpty(key)
  }

  /// Nobody waits any more: the load is for nothing, and who comes now starts another.
  private func cancelIfEmpty(_ key: String) {
    let flight = entries.withLock { entries -> Flight<Value>? in
      guard let entry = entries[key], entry.waiters.allSatisfy(\.seat.isEmpty) else { return nil }
      entries[key] = nil
      return entry.flight
    }
    flight?.cancel()
  }

  /// Begins a new round and returns the one before it: whoever joined up to that one joined before what follows is sent.
  func nextRound(of flight: Flight<Value>) -> Int {
    entries.withLock { entries in
      guard entries[flight.key]?.flight === flight else { return .max }
      defer { entries[flight.key]?.round += 1 }
      return entries[flight.key]?.round ?? .max
    }
  }

  /// Takes the flight off the table: who comes now starts another.
  func close(_ flight: Flight<Value>) {
    let waiters = entries.withLock { entries -> [Waiter] in
      guard entries[flight.key]?.flight === flight else { return [] }
      return entries.removeValue(forKey: flight.key)?.waiters ?? []
    }
    if !waiters.isEmpty { flight.hold { landing in self.deliver(flight.key, waiters, landing) } }
  }

  private func land(_ flight: Flight<Value>, _ landing: Landing<Value>) {
    close(flight)
    flight.release(landing)
  }

  private func deliver(_ key: String, _ waiters: [Waiter], _ landing: Landing<Value>) {
    for waiter in waiters where waiter.round <= landing.upTo { waiter.seat.leave(landing.result) }
    board(key, waiters.filter { $0.round > landing.upTo && !$0.seat.isEmpty })
  }
}

/// What a flight brought, and for whom.
struct Landing<Value: Sendable>: Sendable {
  let result: Result<Value?, any Error>
  /// The last round whose callers may have it; the others start over.
  var upTo: Int = .max
}

/// One load that is under way.
final class Flight<Value: Sendable>: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    /// Perhaps before there was a task.
    var isCancelled = false
    var delivery: (@Sendable (Landing<Value>) -> Void)?
  }

  let key: String
  private let table: SingleFlight<Value>
  private let state = Mutex(State())

  init(key: String, table: SingleFlight<Value>) {
    self.key = key
    self.table = table
  }

  /// See `SingleFlight.nextRound`.
  func nextRound() -> Int { table.nextRound(of: self) }

  /// Before a value is stored: who asks from now on may have seen a delete that comes after it.
  func close() { table.close(self) }

  func start(_ work: @escaping @Sendable () async -> Void) {
    let task = Task { await work() }
    let isCancelled = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
  }

  func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }

  func hold(_ delivery: @escaping @Sendable (Landing<Value>) -> Void) { state.withLock { $0.delivery = delivery } }

  func release(_ landing: Landing<Value>) {
    let delivery = state.withLock { state in
      defer { state.delivery = nil }
      return state.delivery
    }
    delivery?(landing)
  }
}
