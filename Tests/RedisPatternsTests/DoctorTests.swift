import Foundation
import Hiredis
import LuaScripts
import ParitySupport
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite struct `The doctor` {
  @Test func `sees naive keys, and is content with the library's own`() async throws {
    try await withServer { _, redis in
      let doctor = try Doctor(on: redis)
      for key in ["lock:orders", "ratelimit:7"] { _ = try await redis.execute(RESPCommand("SET", key, "1", "EX", 60)) }
      let naive = try await doctor.examine()
      #expect(naive.verdict == .critical)
      #expect(naive.findings == ["limiter.naive", "locks.no_token"])
      #expect(naive.exitCode() == 2)
      #expect(naive.exitCode(failOn: nil) == 0)

      _ = try await redis.execute(RESPCommand("FLUSHALL"))
      guard case .acquired(let lease) = try await Lock("orders", on: redis, ttl: .seconds(60)).tryAcquire() else {
        Issue.record("nobody else is there")
        return
      }
      let own = try await doctor.examine()
      #expect(
        own.items.filter { ["ttl", "locks", "naming", "sensitive"].contains($0.id) }.map(\.status) == [
          .ok, .ok, .ok, .ok,
        ])
      #expect(own.findings == [])
      try await lease.release()
    }
  }

  @Test func `sends only what the list allows, and in the round trips that it says`() async throws {
    try await withServer { server, redis in
      _ = try await redis.execute(RESPCommand("XADD", "events:1", "*", "a", "b"))
      _ = try await redis.execute(RESPCommand("EXPIRE", "events:1", 60))
      let monitor = try CommandMonitor(socketPath: server.socketPath)
      defer { monitor.stop() }
      let counting = Counting(redis: redis)
      let report = try await Doctor(on: counting).examine()
      let sent = try await monitor.drain(through: redis).map(\.verb)
      #expect(sent.contains("SCAN") && sent.contains("XINFO"))
      let writing = ["SET", "DEL", "EVAL", "EVALSHA", "KEYS", "GET", "HGETALL", "XRANGE", "DEBUG"]
      #expect(Set(sent).isDisjoint(with: writing))
      #expect(report.cost.roundTrips == counting.trips.value)
      #expect(report.cost.commands >= sent.count)
    }
  }

  @Test func `what the ACL forbids is unknown, and the rest is judged`() async throws {
    try await withServer { server, redis in
      _ = try await redis.execute(
        RESPCommand(
          "ACL", "SETUSER", "half", "on", ">pw", "~*", "+@all", "-config", "-slowlog", "-client", "+client|info",
          "+client|setname"))
      var url = RedisURL(endpoint: .unixSocket(path: server.socketPath))
      (url.user, url.password) = ("half", "pw")
      let half = try RedisClient(url)
      defer { half.close() }
      let report = try await Doctor(on: half).examine()
      let unknown = report.items.filter { $0.findings.contains { $0.id.hasSuffix(".refused") } }
      #expect(unknown.map(\.id) == ["slowlog", "subscribers"])
      #expect(unknown.allSatisfy { $0.status == .unknown })
      #expect(!report.jsonText.contains("pw\""))
    }
  }

  @Test func `a login that is refused is an error, not a finding`() async throws {
    try await withServer { server, owner in
      _ = try await owner.execute(RESPCommand("CONFIG", "SET", "requirepass", "right"))
      var url = RedisURL(endpoint: .unixSocket(path: server.socketPath))
      url.password = "wrong-and-secret"
      let redis = try RedisClient(url)
      defer { redis.close() }
      do throws(RedisError) {
        _ = try await Doctor(on: redis).examine()
        Issue.record("it answered")
      } catch {
        #expect(error.code == .auth)
        #expect(!"\(error)".contains("secret"))
      }
    }
  }

  @Test func `the doctor works when memory is full`() async throws {
    try await withServer { _, redis in
      _ = try await redis.execute(RESPCommand("SET", "user:1", "x", "EX", 60))
      _ = try await redis.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      let report = try await Doctor(on: redis).examine()
      #expect(report.findings.contains("memory.full"))
      _ = try await redis.execute(RESPCommand("CONFIG", "SET", "maxmemory", 0))
    }
  }

  @Test func `stops at its bound of keys`() async throws {
    try await withServer { _, redis in
      let writes = (0..<3000).map { RESPCommand("SET", "user:\($0)", "x", "EX", 60) }
      for result in await redis.pipeline(writes) { _ = try result.get() }
      var options = DoctorOptions()
      options.maxKeys = 700
      let report = try await Doctor(on: redis, options: options).examine()
      #expect(report.sample.sampled == 700)
      #expect(!report.sample.complete)
      #expect(try await Doctor(on: redis).examine().sample.complete)
    }
  }

  @Test func `wrong options are refused before anything is sent`() throws {
    let redis = try RedisClient("unix:///nowhere")
    defer { redis.close() }
    var wrong = [DoctorOptions(), DoctorOptions(), DoctorOptions()]
    wrong[0].items = ["weather"]
    wrong[1].maxKeys = 0
    wrong[2].maxTime = .zero
    for options in wrong {
      #expect(throws: RedisError.self) { try Doctor(on: redis, options: options) }
    }
  }

  @Test func `every contract of the folder is embedded`() throws {
    let folder = try ProjectRoot.find().appending(path: "lua")
    let patterns = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/\($0).contract.json").path)
    }
    #expect(LuaContract.all.map(\.pattern).sorted() == patterns.sorted())
    for contract in LuaContract.all + [.checklist] {
      let file = folder.appending(path: "\(contract.pattern)/\(contract.file)")
      #expect(try Array(Data(contentsOf: file)) == contract.source)
    }
  }
}

extension DoctorReport {
  /// The ids of what is wrong with keys and memory, without what a fresh server lacks.
  fileprivate var findings: [String] {
    let fresh: Set = ["memory.unlimited", "pooling.quiet", "scripts.unseen"]
    return items.flatMap(\.findings).map(\.id).filter { !fresh.contains($0) }
  }
}
