import RedisPatterns
import TestSupport
import Testing

@Suite struct `The JSON codec` {
  private struct User: Codable, Sendable, Equatable {
    enum Role: String, Codable { case admin, guest }

    struct Address: Codable, Equatable {
      var city: String
      var zip: Int?
    }

    var name: String
    var age: UInt8
    var score: Double
    var role: Role
    var tags: [String: [Int]]
    var address: Address?
    var ratio: Float
  }

  private let user = User(
    name: "Ada", age: 36, score: 1, role: .admin, tags: ["b": [1, 2], "a": []],
    address: User.Address(city: "London", zip: nil), ratio: 0.5)

  @Test func `a type's own members travel, sorted, without blanks`() throws {
    let codec = JSONCodec<User>()
    let bytes = try codec.encode(user)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"address":{"city":"London"},"age":36,"name":"Ada","ratio":0.5,"role":"admin","score":1.0,"#
        + #""tags":{"a":[],"b":[1,2]}}"#)
    #expect(try codec.decode(bytes) == user)
  }

  @Test func `whole numbers and doubles are read as each other where nothing is lost`() throws {
    #expect(try JSONCodec<[Double]>().decode(Array("[1,2.5]".utf8)) == [1, 2.5])
    #expect(try JSONCodec<[Int]>().decode(Array("[1,2.0]".utf8)) == [1, 2])
    #expect(throws: (any Error).self) { try JSONCodec<[Int]>().decode(Array("[2.5]".utf8)) }
    #expect(throws: (any Error).self) { try JSONCodec<[Int8]>().decode(Array("[128]".utf8)) }
    #expect(throws: (any Error).self) { try JSONCodec<[Double]>().decode(Array("[9007199254740993]".utf8)) }
    #expect(throws: (any Error).self) { try JSONCodec<[String]>().decode(Array("[1]".utf8)) }
    #expect(throws: (any Error).self) { try JSONCodec<[Bool]>().decode(Array("[1]".utf8)) }
  }

  @Test func `what another language could not read is refused`() {
    #expect(throws: (any Error).self) { try JSONCodec<Double>().encode(.nan) }
    #expect(throws: (any Error).self) { try JSONCodec<[Double]>().encode([-.infinity]) }
    #expect(throws: (any Error).self) { try JSONCodec<UInt64>().encode(.max) }
    #expect(throws: (any Error).self) {
      try JSONCodec<JSON>().encode((0..<129).reduce(JSON.null) { inner, _ in .array([inner]) })
    }
  }

  @Test func `every double comes back, and a double it stays`() throws {
    var chance = SeededGenerator(seed: RandomRun.seed("doubles"))
    let codec = JSONCodec<JSON>()
    for _ in 0..<RandomRun.count(20_000) {
      let number = Double(bitPattern: chance.next())
      guard number.isFinite else { continue }
      let bytes = try codec.encode(.double(number))
      guard case .double(let read) = try codec.decode(bytes) else {
        Issue.record("\(number) was written as \(String(decoding: bytes, as: UTF8.self))")
        return
      }
      #expect(read.bitPattern == number.bitPattern)
    }
  }

  @Test func `a value of any form passes through a type that does not know it`() throws {
    struct Row: Codable, Sendable { var id: Int; var extra: JSON }
    let codec = JSONCodec<Row>()
    let text = #"{"extra":{"a":[1,1.5,null,true],"b":"x"},"id":7}"#
    let row = try codec.decode(Array(text.utf8))
    #expect(row.extra == ["a": [1, 1.5, nil, true], "b": "x"])
    #expect(String(decoding: try codec.encode(row), as: UTF8.self) == text)
  }

  @Test func `a cache of JSON says which codec wrote it`() async throws {
    let space = try await TestSpace.shared()
    let users = Cache(on: space.redis, codec: .json(User.self), namespace: space.namespace)
    #expect(try await users.getOrLoad("7") { user } == user)
    #expect(try await users.get("7") == .hit(user))
    let any = Cache(on: space.redis, codec: .json(JSON.self), namespace: space.namespace)
    guard case .hit(.object(let members)) = try await any.get("7") else {
      Issue.record("no object")
      return
    }
    #expect(members["name"] == "Ada")
    let error = await #expect(throws: CacheError.self) {
      try await Cache(on: space.redis, codec: .string, namespace: space.namespace).get("7")
    }
    #expect(error?.code == .codec)
  }
}
