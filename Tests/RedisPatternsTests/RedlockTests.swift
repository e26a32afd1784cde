import Hiredis
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.ownThread) struct `The Redlock` {
  @Test func `a majority grants, excludes, renews and gives back, with one call to each node`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(1))
    let lock = nodes.lock(ttl: .seconds(1))
    let warm = try await lock.acquire()
    try await warm.renew()
    try await warm.release()

    try await nodes.forgetStatistics()
    let lease = try #require(try await lock.tryAcquire().lease)
    #expect(try await nodes.calls() == [1, 1, 1, 1, 1])
    let refusal = try #require(try await lock.tryAcquire().refusal)
    #expect(refusal.reason == .held)
    #expect(refusal.votes.allSatisfy { if case .held(let left) = $0 { left <= .seconds(1) } else { false } })
    // Whom nobody voted for has nothing to give back.
    #expect(try await nodes.calls() == [2, 2, 2, 2, 2])
    #expect(try await lease.renew() == .renewed)
    #expect(try await lease.release() == .released)
    #expect(try await nodes.calls() == [4, 4, 4, 4, 4])
    #expect(try await nodes.held() == [0, 0, 0, 0, 0])
    #expect(try await lease.renew() == .lost)
  }

  @Test func `two of five may be dead, and with a third the refusal says who did not vote`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(1))
    let lock = nodes.lock(ttl: .seconds(1))
    nodes.servers[0].kill()
    nodes.servers[1].kill()
    try await lock.withLock { lease in try await eventually { try await lease.renew() == .renewed } }
    nodes.servers[2].kill()
    let refusal = try #require(try await lock.tryAcquire().refusal)
    #expect(refusal.reason == .unavailable)
    #expect(refusal.votes.suffix(2) == [.granted, .granted])
    for vote in refusal.votes.prefix(3) {
      guard case .failed = vote else {
        Issue.record("a dead node said \(vote)")
        continue
      }
    }
    // What was granted was given back.
    #expect(try await nodes.held(from: 3) == [0, 0])
    let error = await #expect(throws: LockError.self) { try await lock.acquire(wait: .milliseconds(10)) }
    #expect(error?.code == .noQuorum)
    #expect(error?.message.contains("2 granted") == true)
  }

  @Test func `a node that stands still costs its time and no more`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(3))
    let lock = nodes.lock(ttl: .seconds(3), nodeTimeout: .milliseconds(500))
    try await lock.acquire().release()
    nodes.servers[0].pause()
    nodes.servers[1].pause()
    let lease = try #require(try await lock.tryAcquire().lease)
    nodes.servers[2].pause()
    let refusal = try #require(try await lock.tryAcquire().refusal)
    #expect(refusal.reason == .unavailable)
    let timeouts = refusal.votes.count { if case .failed(let error) = $0 { error.code == .timeout } else { false } }
    #expect(timeouts == 3)
    let error = await #expect(throws: RedisError.self) { try await lease.renew() }
    #expect(error?.code == .timeout || lease.isLost)
    for server in nodes.servers { server.resume() }
  }

  @Test func `a holder that loses its majority is told before the nodes would vote for another`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(2))
    let lock = nodes.lock(ttl: .seconds(2), nodeTimeout: .milliseconds(300))
    let told = Box(false)
    let error = await #expect(throws: LockError.self) {
      try await lock.withLock { lease in
        for server in nodes.servers[..<3] { server.kill() }
        do { try await Task.sleep(for: .seconds(60)) } catch { told.value = lease.isLost }
      }
    }
    #expect(error?.code == .lost)
    #expect(told.value)
  }

  @Test func `a node that restarted abstains, so there is no second holder`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(3))
    let refusal = Box<RedlockRefusal?>(nil)
    let second = try await nodes.secondHolderAfterARestart { clients in
      let attempt = try await Redlock(
        "x", on: clients, ttl: .seconds(3), longestTTL: .seconds(3), nodeTimeout: .seconds(1)
      ).tryAcquire()
      refusal.value = attempt.refusal
      return attempt.lease != nil
    }
    #expect(!second)
    let votes = try #require(refusal.value?.votes)
    guard case .abstained = votes[0], case .held = votes[1], case .held = votes[2] else {
      Issue.record("the votes are \(votes)")
      return
    }
    #expect(votes.suffix(2) == [.granted, .granted])
    // It votes again when no lease of before can live.
    try await eventually(within: .seconds(30)) {
      guard let lease = try await nodes.lock(ttl: .seconds(3)).tryAcquire().lease else { return false }
      return try await lease.release() == .released
    }
  }

  @Test func `without abstention the same restart makes two holders`() async throws {
    let nodes = try await FiveNodes(longest: .zero)
    let second = try await nodes.secondHolderAfterARestart { clients in
      // SET NX PX on every node and a majority: the common form.
      var votes = 0
      for client in clients {
        let reply = try? await client.execute(RESPCommand("SET", "naive:redlock", randomID(), "NX", "PX", 60_000))
        if reply?.string == "OK" { votes += 1 }
      }
      return votes >= 3
    }
    Evidence.control("redlock", ["two holders after a restart, without abstention": second ? 1 : 0])
    #expect(second)
  }

  @Test func `a number of nodes without a clear majority, and times that do not fit, are argument errors`() async throws
  {
    let space = try await TestSpace.shared()
    let counting = Counting(redis: space.redis)
    for lock in [
      Redlock("x", on: Array(repeating: counting, count: 4)), Redlock("x", on: [counting]),
      Redlock("x", on: Array(repeating: counting, count: 3), ttl: .seconds(61)),
      Redlock("x", on: Array(repeating: counting, count: 3), nodeTimeout: .seconds(4)),
      Redlock("", on: Array(repeating: counting, count: 3)),
    ] {
      let error = await #expect(throws: RedisError.self) { try await lock.tryAcquire() }
      #expect(error?.code == .argument)
    }
    #expect(counting.trips.value == 0)
  }

  @Test func `one server has one vote, whichever of its clients stands in the nodes`() async throws {
    let urls = ["redis://127.0.0.1:1", "redis://127.0.0.1:2", "unix:///nowhere/s"]
    let clients = try urls.map { try RedisClient($0) }
    let own = (0..<3).map { _ in OwnClient() }
    let nodes: [[any RedisExecutor]] = [
      [clients[0], clients[1], clients[0]], [clients[0], clients[1], clients[1].deadline(.seconds(1))],
      [clients[0], clients[1], try RedisClient("redis://127.0.0.1:1/1")],
      [clients[2], clients[1], try RedisClient("unix:///nowhere/s?db=2")], [own[0], own[1], own[0]],
    ]
    for nodes in nodes {
      let error = await #expect(throws: RedisError.self) { try await Redlock("x", on: nodes).tryAcquire() }
      #expect(error?.code == .argument && error?.message.contains("stands twice") == true)
    }
    for nodes in [clients, own] as [[any RedisExecutor]] {
      let refusal = try await Redlock("x", on: nodes).tryAcquire().refusal
      #expect(refusal?.reason == .unavailable)
    }
  }

  @Test func `who is cancelled while asking holds nothing anywhere`() async throws {
    let nodes = try await FiveNodes(longest: .seconds(1))
    let lock = nodes.lock(ttl: .seconds(1))
    for _ in 0..<20 {
      let asker = Task { try await lock.withLock { _ in try await Task.sleep(for: .seconds(60)) } }
      try await Task.sleep(for: .microseconds(Int.random(in: 0...2000)))
      asker.cancel()
      await #expect(throws: CancellationError.self) { try await asker.value }
      #expect(try await nodes.held() == [0, 0, 0, 0, 0])
    }
  }
}

/// Five servers that have been up for longer than `longest`, so that they vote.
private struct FiveNodes {
  let servers: [RedisServer]
  let clients: [RedisClient]
  private let longest: Duration

  init(longest: Duration) async throws {
    self.longest = longest
    var servers: [RedisServer] = []
    for _ in 0..<5 { servers.append(try await RedisServer.start()) }
    self.servers = servers
    clients = try servers.map { try RedisClient($0.url) }
    if longest > .zero {
      for client in clients {
        try await eventually(within: .seconds(30)) {
          let said = try await client.execute(RESPCommand("INFO", "server")).string ?? ""
          let line = said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("uptime_in_seconds:") }
          // The script takes a second off, because the uptime counts whole ones.
          return line.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) }.map { .seconds($0 - 1) > longest } ?? false
        }
      }
    }
  }

  func lock(ttl: Duration, nodeTimeout: Duration? = nil) -> Redlock {
    // A node's time is generous: the machine may be slow, and a slow node is no fault here.
    Redlock("x", on: clients, ttl: ttl, longestTTL: longest, nodeTimeout: nodeTimeout ?? ttl / 3)
  }

  func forgetStatistics() async throws {
    for client in clients { _ = try await client.execute(RESPCommand("CONFIG", "RESETSTAT")) }
  }

  /// The calls of scripts that each node counted.
  func calls() async throws -> [Int] {
    var counts: [Int] = []
    for client in clients {
      let said = try await client.execute(RESPCommand("INFO", "commandstats")).string ?? ""
      let line = said.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_evalsha:") }
      counts.append(line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0.isNumber }) } ?? 0)
    }
    return counts
  }

  /// Which nodes have given their vote.
  func held(from first: Int = 0) async throws -> [Int64] {
    var counts: [Int64] = []
    for client in clients[first...] {
      counts.append(try await client.execute(RESPCommand("EXISTS", "redlock:{x}")).int ?? -1)
    }
    return counts
  }

  /// One takes the lock of three nodes, cut off from the others; one of the three forgets; another asks all five.
  func secondHolderAfterARestart(_ take: ([any RedisExecutor]) async throws -> Bool) async throws -> Bool {
    let reached: [any RedisExecutor] = [clients[0], clients[1], clients[2], CutOff(), CutOff()]
    try await eventually(within: .seconds(30)) { try await take(reached) }
    try await servers[0].restart()
    return try await take(clients)
  }
}

/// A client of somebody's own, which does not say where its server is.
private final class OwnClient: RedisExecutor {
  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    try await CutOff().execute(command)
  }
}

/// A server that cannot be reached.
private struct CutOff: RedisExecutor {
  func execute(_ command: RESPCommand) async throws(RedisError) -> RESPValue {
    throw RedisError(.connect, "nobody is there", execution: .notExecuted)
  }
}
