import Synchronization

/// One load of a key at a time in this process; the others who want it wait for its landing.
///
/// Who may share a result: a value that was read before a caller asked may have been deleted before it asked. So callers
/// carry the round in which they joined, and a landing says up to which round its result is good; the rest fly again.
final class SingleFlight: Sendable {
  typealias Pilot = @Sendable (Flight) async -> Landing

  struct Waiter {
    let seat: Seat
    let pilot: Pilot
    var round = 0
  }

  private struct Entry {
    let flight: Flight
    var round = 0
    var waiters: [Waiter] = []

    mutating func add(_ waiter: Waiter) {
      waiters.append(Waiter(seat: waiter.seat, pilot: waiter.pilot, round: round))
    }
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// - Parameter patience: how long to wait for another's load; one's own takes as long as it takes.
  func join(_ key: String, patience: Duration, pilot: @escaping Pilot) async throws -> (any Sendable)? {
    let seat = Seat(until: .now + patience.asWait)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard seat.take(continuation) else { return }
        let waiter = Waiter(seat: seat, pilot: pilot)
        if let flight = board(key, [waiter]) {
          start(flight, waiter)
        } else {
          seat.setTimer { self.cancelIfEmpty(key) }
        }
      }
    } onCancel: {
      seat.leave(.failure(CancellationError()))
      cancelIfEmpty(key)
    }
  }

  func waiting(for key: String) -> Int {
    entries.withLock { entries in entries[key]?.waiters.count { !$0.seat.isEmpty } ?? 0 }
  }

  /// Joins the flight that is under way, or returns one that is to be started.
  private func board(_ key: String, _ waiters: [Waiter]) -> Flight? {
    entries.withLock { entries in
      if let place = entries.index(forKey: key) {
        for waiter in waiters { entries.values[place].add(waiter) }
        return nil
      }
      var entry = Entry(flight: Flight(key: key, table: self))
      for waiter in waiters { entry.add(waiter) }
      entries[key] = entry
      return entry.flight
    }
  }

  private func start(_ flight: Flight, _ waiter: Waiter) {
    flight.start { self.land(flight, await waiter.pilot(flight)) }
    // Everybody may have left before the flight stood on the table.
    if waiter.seat.isEmpty { cancelIfEmpty(flight.key) }
  }

  /// Nobody waits any more: the load is for nothing, and who comes now starts another.
  private func cancelIfEmpty(_ key: String) {
    let flight = entries.withLock { entries -> Flight? in
      guard let entry = entries[key], entry.waiters.allSatisfy(\.seat.isEmpty) else { return nil }
      entries[key] = nil
      return entry.flight
    }
    flight?.cancel()
  }

  /// Begins a new round and returns the one before it: whoever joined up to that one joined before what follows is sent.
  func nextRound(of flight: Flight) -> Int {
    entries.withLock { entries in
      guard let place = entries.index(forKey: flight.key), entries.values[place].flight === flight else { return .max }
      defer { entries.values[place].round += 1 }
      return entries.values[place].round
    }
  }

  /// Takes the flight off the table: who comes now starts another.
  func close(_ flight: Flight) {
    let waiters = entries.withLock { entries -> [Waiter] in
      guard let place = entries.index(forKey: flight.key), entries.values[place].flight === flight else { return [] }
      return entries.remove(at: place).value.waiters
    }
    if !waiters.isEmpty { flight.hold(waiters) }
  }

  private func land(_ flight: Flight, _ landing: Landing) {
    close(flight)
    let waiters = flight.release()
    for waiter in waiters where waiter.round <= landing.upTo { waiter.seat.leave(landing.result) }
    flyAgain(flight.key, waiters.filter { $0.round > landing.upTo && !$0.seat.isEmpty })
  }

  /// One of them starts, as if it had come just now: a load must not run in the name of the caller before it.
  private func flyAgain(_ key: String, _ waiters: [Waiter]) {
    guard !waiters.isEmpty, let flight = board(key, waiters) else { return }
    while let waiters = entries.withLock({ $0[key]?.flight === flight ? $0[key]?.waiters : nil }) {
      for waiter in waiters where waiter.seat.summon({ self.start(flight, waiter) }) { return }
      // All have left, unless somebody joined meanwhile.
      cancelIfEmpty(key)
    }
  }
}

/// What a flight brought, and for whom.
struct Landing: Sendable {
  let result: Result<(any Sendable)?, any Error>
  /// The last round whose callers may have it; the others start over.
  var upTo: Int = .max
}

/// One load that is under way.
final class Flight: Sendable {
  private struct State {
    var task: Task<Void, Never>?
    /// Perhaps before there was a task.
    var isCancelled = false
    /// From the moment it left the table.
    var waiters: [SingleFlight.Waiter] = []
  }

  let key: String
  private let table: SingleFlight
  private let state = Mutex(State())

  init(key: String, table: SingleFlight) {
    self.key = key
    self.table = table
  }

  /// See `SingleFlight.nextRound`.
  func nextRound() -> Int { table.nextRound(of: self) }

  /// Before a value is stored: who asks from now on may have seen a delete that comes after it.
  func close() { table.close(self) }

  func start(_ work: @escaping @Sendable () async -> Void) {
    guard !state.withLock(\.isCancelled) else { return }
    let task: Task<Void, Never>
    if #available(macOS 26, *) {
      // The first command is sent from here: no other thread has to be woken for it.
      task = Task.immediate { await work() }
    } else {
      task = Task { await work() }
    }
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

  func hold(_ waiters: [SingleFlight.Waiter]) { state.withLock { $0.waiters = waiters } }

  func release() -> [SingleFlight.Waiter] {
    state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
  }
}
