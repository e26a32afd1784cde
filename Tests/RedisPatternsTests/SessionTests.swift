import Hiredis
import LuaScripts
import RESP
import RedisPatterns
import RedisPatternsTesting
import TestSupport
import Testing

@Suite(.noImmortalKeys, .ownThread) struct `Sessions of users` {
  @Test func `a session is loaded by what the cookie carries`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(on: space.redis, namespace: space.namespace)
    let created = try #require(try await sessions.create(user: "ada", data: ["theme": "dark"]).session)
    let session = try #require(try await sessions.load(SessionID(created.id.text)))
    #expect(session.user == "ada" && session.data == ["theme": "dark"] && session.version == 1)
    #expect(session.id == created.id && session.handle == created.handle && !session.isReplaced)
    #expect(session.expiresIn > .seconds(1740) && session.expiresIn <= .seconds(1800))
    #expect(session.endsIn > .seconds(43_100) && session.endsIn <= .seconds(43_200))
    let nobody = try #require(try await sessions.create().session)
    #expect(try await sessions.load(nobody.id)?.user == nil)
    #expect(try await sessions.load(nobody.id) != nil)
  }

  @Test func `an id that nobody was given is never adopted`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(on: space.redis, namespace: space.namespace)
    let brought = try #require(SessionID(String(repeating: "A", count: 64)))
    #expect(try await sessions.load(brought) == nil)
    #expect(try await sessions.update(brought, put: ["user": "eve"]) == .gone)
    #expect(try await sessions.rotate(brought) == .gone)
    #expect(try await sessions.revokeOthers(brought) == nil)
    let created = try #require(try await sessions.create(user: "ada", replacing: brought).session)
    #expect(created.id != brought)
    #expect(try await sessions.load(brought) == nil)
    for junk in ["", "x", String(repeating: "A", count: 63) + "=", String(repeating: "é", count: 32)] {
      #expect(SessionID(junk) == nil)
    }
  }

  @Test func `parallel writers of different fields keep each other's work`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(on: space.redis, namespace: space.namespace)
    let created = try #require(try await sessions.create(user: "ada").session)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          for count in 0..<10 { _ = try await sessions.update(created.id, put: ["f\(number)": "\(count)"]) }
        }
      }
      try await group.waitForAll()
    }
    let session = try #require(try await sessions.load(created.id))
    #expect(session.data == Dictionary(uniqueKeysWithValues: (0..<8).map { ("f\($0)", "9") }))
    #expect(session.version == 81)
    #expect(try await sessions.update(created.id, put: ["f0": "x"], version: 80) == .conflict(version: 81))
    let dropped = try await sessions.update(created.id, drop: (1..<8).map { "f\($0)" }, version: 81)
    #expect(dropped.session?.data == ["f0": "9"])
  }

  @Test func `an id that was replaced reads for its grace and logs the session out`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(on: space.redis, namespace: space.namespace)
    let first = try #require(try await sessions.create(user: "ada", data: ["cart": "1"]).session)
    let other = try #require(try await sessions.create(user: "ada").session)
    let second = try #require(try await sessions.rotate(first.id).session)
    let third = try #require(try await sessions.rotate(second.id).session)
    let byOld = try #require(try await sessions.load(first.id))
    #expect(byOld.isReplaced && byOld.handle == third.handle && byOld.data == ["cart": "1"])
    #expect(try await sessions.update(first.id, put: ["cart": "2"]) == .replaced)
    #expect(try await sessions.rotate(first.id) == .replaced)
    #expect(try await sessions.revokeOthers(first.id) == 1)
    #expect(try await sessions.load(other.id) == nil)
    #expect(try await sessions.revoke(first.id))
    for id in [first.id, second.id, third.id] { #expect(try await sessions.load(id) == nil) }
  }

  @Test func `a user's sessions are listed and ended`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(on: space.redis, namespace: space.namespace)
    var made: [Session] = []
    for device in ["phone", "laptop", "tablet"] {
      made.append(try #require(try await sessions.create(user: "ada", data: ["device": device, "cart": "1"]).session))
    }
    let bob = try #require(try await sessions.create(user: "bob").session)
    let listed = try await sessions.list(user: "ada", fields: ["device", "place"])
    #expect(Set(listed.map(\.handle)) == Set(made.map(\.handle)))
    #expect(listed.first { $0.handle == made[0].handle }?.data == ["device": "phone"])
    #expect(listed.allSatisfy { $0.age < .seconds(60) && $0.expiresIn > .seconds(1740) })
    #expect(try await sessions.revoke(listed: made[2].handle, of: "ada"))
    #expect(try await !sessions.revoke(listed: made[2].handle, of: "ada"))
    #expect(try await !sessions.revoke(listed: bob.handle, of: "ada"))
    #expect(try await sessions.revokeOthers(made[1].id) == 1)
    #expect(try await sessions.list(user: "ada").map(\.handle) == [made[1].handle])
    #expect(try await sessions.revokeAll(of: "ada") == 1)
    #expect(try await sessions.list(user: "ada").isEmpty)
    #expect(try await sessions.load(bob.id) != nil)
  }

  @Test(arguments: [SessionOptions.AtLimit.endFirst, .refuse])
  func `60 parallel logins at limit 3 leave exactly 3`(atLimit: SessionOptions.AtLimit) async throws {
    let space = try await TestSpace.shared()
    let options = SessionOptions(limit: 3, atLimit: atLimit)
    let sessions = Sessions(on: space.redis, options: options, namespace: space.namespace)
    let created = Box<[Session]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<60 {
        group.addTask {
          if let session = try await sessions.create(user: "ada").session { created.update { $0.append(session) } }
        }
      }
      try await group.waitForAll()
    }
    #expect(created.value.count == (atLimit == .endFirst ? 60 : 3))
    var alive = 0
    for session in created.value where try await sessions.load(session.id) != nil { alive += 1 }
    #expect(alive == 3)
    #expect(try await sessions.list(user: "ada").count == 3)
  }

  @Test func `a login replaces the session that was there before`() async throws {
    let space = try await TestSpace.shared()
    let options = SessionOptions(limit: 1, atLimit: .refuse)
    let sessions = Sessions(on: space.redis, options: options, namespace: space.namespace)
    let visitor = try #require(try await sessions.create(data: ["cart": "3"]).session)
    let login = try await sessions.create(user: "ada", data: visitor.data, replacing: visitor.id)
    let first = try #require(login.session)
    #expect(try await sessions.load(visitor.id) == nil)
    guard case .full(let retryAfter) = try await sessions.create(user: "ada") else {
      Issue.record("a second session within a limit of one")
      return
    }
    #expect(retryAfter > .seconds(1740) && retryAfter <= .seconds(1800))
    #expect(try await sessions.create(user: "ada", replacing: first.id).session != nil)
  }

  @Test func `an idle session ends by itself, a used one at its absolute end`() async throws {
    let space = try await TestSpace.shared()
    let options = SessionOptions(idle: .milliseconds(500), lifetime: .seconds(1), touchEvery: .zero)
    let sessions = Sessions(on: space.redis, options: options, namespace: space.namespace)
    let idle = try #require(try await sessions.create(user: "ada").session)
    let used = try #require(try await sessions.create(user: "ada").session)
    var oldest = Duration.zero
    try await eventually {
      guard let session = try await sessions.load(used.id) else { return true }
      oldest = max(oldest, session.age)
      return false
    }
    #expect(oldest < .seconds(1))
    #expect(try await sessions.load(idle.id) == nil)
    try await eventually { try await space.redis.execute(RESPCommand("KEYS", "\(space.namespace):*")).array == [] }
  }

  @Test func `neither id nor user nor data stands in a text`() async throws {
    let space = try await TestSpace.shared()
    let sessions = Sessions(
      on: space.redis, namespace: space.namespace, pepper: Array("the pepper".utf8))
    let created = try #require(try await sessions.create(user: "ada.lovelace", data: ["note": "private"]).session)
    let listed = try await sessions.list(user: "ada.lovelace", fields: ["note"])
    // Without the pepper, or with another, the id opens nothing.
    #expect(try await Sessions(on: space.redis, namespace: space.namespace).load(created.id) == nil)
    var text = ""
    dump(created, to: &text)
    dump(created.id, to: &text)
    dump(listed, to: &text)
    dump(sessions.pepper, to: &text)
    text += "\(created) \(String(reflecting: created)) \(created.id) \(String(reflecting: created.id)) \(listed)"
    text += "\(sessions.pepper as Any) \(try await sessions.rotate(created.id))"
    let keys = try await space.redis.execute(RESPCommand("KEYS", "\(space.namespace):*")).array ?? []
    text += keys.compactMap(\.string).joined(separator: " ")
    _ = try await space.redis.execute(
      RESPCommand("SET", "\(space.namespace):session:{\(created.id.tag.hex)}:list", "x", "PX", 60_000))
    let error = await #expect(throws: RedisError.self) {
      try await sessions.create(user: "ada.lovelace", data: ["note": "private"])
    }
    text += "\(try #require(error)) \(String(reflecting: error))"
    let long = await #expect(throws: RedisError.self) {
      try await sessions.update(created.id, put: [String(repeating: "f", count: 129): "private"])
    }
    text += "\(try #require(long))"
    for secret in [created.id.text, String(created.id.text.dropFirst(22)), "lovelace", "private", "the pepper"] {
      #expect(!text.contains(secret))
    }
  }

  @Test func `logging out works at full memory`() async throws {
    try await withServer { server, plain in
      let options = SessionOptions(touchEvery: .zero)
      let sessions = Sessions(on: try RedisClient(server.url), options: options)
      var kept: [Session] = []
      for _ in 0..<5 { kept.append(try #require(try await sessions.create(user: "ada", data: ["a": "1"]).session)) }
      _ = try await plain.execute(RESPCommand("CONFIG", "SET", "maxmemory", 1))
      #expect(try await sessions.load(kept[0].id) != nil)
      let refused = await #expect(throws: RedisError.self) { try await sessions.create(user: "ada") }
      #expect(refused?.code == .outOfMemory)
      let unchanged = await #expect(throws: RedisError.self) { try await sessions.update(kept[0].id, put: ["a": "2"]) }
      #expect(unchanged?.code == .outOfMemory)
      #expect(try await sessions.load(kept[0].id)?.data == ["a": "1"])
      let rotated = try #require(try await sessions.rotate(kept[0].id).session)
      #expect(try await sessions.revoke(kept[1].id))
      #expect(try await sessions.revoke(listed: kept[2].handle, of: "ada"))
      #expect(try await sessions.revokeOthers(rotated.id) == 2)
      #expect(try await sessions.revokeAll(of: "ada") == 1)
      for session in kept + [rotated] { #expect(try await sessions.load(session.id) == nil) }
    }
  }

  @Test func `a store that is down is not a missing session`() async throws {
    try await withServer { server, _ in
      let sessions = Sessions(on: try RedisClient(server.url))
      let created = try #require(try await sessions.create(user: "ada").session)
      server.kill()
      await #expect(throws: RedisError.self) { try await sessions.load(created.id) }
      await #expect(throws: RedisError.self) { try await sessions.revoke(created.id) }
    }
  }

  @Test func `every operation takes the round trips that it says`() async throws {
    try await withServer { server, plain in
      let redis = try RedisClient(server.url)
      let sessions = Sessions(on: redis, options: SessionOptions(limit: 3))
      func trips(_ work: () async throws -> Void) async throws -> Int64 {
        let before = try await reads(plain)
        try await work()
        return try await reads(plain) - before - 1
      }
      for script in [
        "session_create", "session_use", "session_rotate", "session_revoke", "session_revoke_all", "session_list",
      ] { try await load(script, plain) }
      var ids: [SessionID] = []
      func create() async throws { ids.append(try #require(try await sessions.create(user: "ada").session).id) }
      try await create()
      #expect(try await trips { try await create() } == 1)
      try await create()
      #expect(try await trips { try await create() } == 2)
      #expect(try await trips { _ = try await sessions.load(ids[3]) } == 1)
      #expect(try await trips { _ = try await sessions.update(ids[3], put: ["a": "b"]) } == 1)
      #expect(try await trips { _ = try await sessions.list(user: "ada", fields: ["a"]) } == 2)
      #expect(try await trips { _ = try await sessions.rotate(ids[3]) } == 1)
      #expect(try await trips { _ = try await sessions.load(ids[3]) } == 2)
      #expect(try await trips { try await sessions.revoke(ids[3]) } == 2)
      #expect(try await trips { try await sessions.revoke(ids[2]) } == 1)
      #expect(try await trips { try await create() } == 1)
      #expect(try await trips { try await sessions.revokeOthers(ids[4]) } == 2)
      #expect(try await trips { _ = try await sessions.create(user: "bob", replacing: ids[4]) } == 2)
      #expect(try await trips { try await sessions.revokeAll(of: "bob") } == 2)
      #expect(try await trips { try await sessions.revokeAll(of: "bob") } == 1)
      #expect(try await plain.execute(RESPCommand("DBSIZE")).int == 1)  // the pointer of the rotated id
    }
  }

  /// How often the server read from a connection: once for each round trip, since each fits into one read.
  private func reads(_ redis: BlockingExecutor) async throws -> Int64 {
    let info = try await redis.execute(RESPCommand("INFO", "stats")).string ?? ""
    let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
    return try #require(line.flatMap { Int64($0.dropFirst("total_reads_processed:".count)) })
  }

  private func load(_ name: String, _ redis: BlockingExecutor) async throws {
    let script = try #require(LuaScript.all.first { $0.name == name })
    _ = try await redis.execute(RESPCommand("SCRIPT", "LOAD", script.source))
  }
}

@Suite struct `Ids of sessions` {
  @Test func `SHA-256 and its HMAC are those of FIPS 180-4 and RFC 4231`() {
    func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    #expect(
      hex(SHA256.digest([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hex(SHA256.digest(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex(SHA256.digest(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex(SHA256.authenticate(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    #expect(
      hex(SHA256.authenticate(long, key: [UInt8](repeating: 0xaa, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test func `an id has 256 random bits and one form`() throws {
    let tag = SessionTag(user: "ada")
    let drawn = (0..<1000).map { _ in SessionID(drawnFor: tag) }
    #expect(Set(drawn.map(\.text)).count == 1000)
    for id in drawn {
      #expect(id.text.utf8.count == 64 && id.tag == tag)
      #expect(SessionID(id.text) == id)
    }
    #expect(SessionTag(user: nil) != SessionTag(user: nil))
    #expect(drawn[0] != drawn[1])
  }
}
