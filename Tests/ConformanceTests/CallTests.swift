import ParitySupport
import RESP
import RedisPatterns
import TestSupport
import Testing

@Suite struct `Pure vectors` {
  @Test(arguments: Vector.all("calls")) func `what is given becomes the agreed call`(vector: Vector) throws {
    let operation = try vector.operation
    var seen: JSONValue
    do throws(RedisError) {
      let call = try operation.call()
      seen = [
        "script": .string(call.script.name), "keys": .array(call.keys.map { .string($0) }),
        "args": .array(call.arguments.list.map { JSONValue(bytes: $0) }),
      ]
    } catch {
      #expect(error.execution == .notExecuted)
      seen = PatternOperation.outcome(of: error)
    }
    #expect(seen.canonical == vector.content["expect"]?.canonical)
  }

  @Test(arguments: Vector.all("replies")) func `a reply becomes the agreed outcome`(vector: Vector) throws {
    let operation = try vector.operation
    let reply = try #require(vector.content["reply"]).reply
    var seen: JSONValue
    do throws(RedisError) {
      seen = try operation.outcome(reply)
    } catch {
      seen = PatternOperation.outcome(of: error)
    }
    #expect(seen.canonical == vector.content["expect"]?.canonical)
  }

  @Test(arguments: Vector.all("answers")) func `a decision becomes the agreed HTTP answer`(vector: Vector) throws {
    let given = try #require(vector.content["given"])
    let answer = given["unavailable"] == nil ? try HTTPAnswer(given: given) : .unavailable
    let seen: JSONValue = [
      "status": answer.status.map { .int(Int64($0)) } ?? .null, "body": .string(answer.body),
      "fields": .array(answer.fields.map { [.string($0.name), .string($0.value)] }),
    ]
    #expect(seen.canonical == vector.content["expect"]?.canonical)
  }

  @Test(arguments: Vector.all("keys")) func `a name becomes the agreed key`(vector: Vector) throws {
    let given = try #require(vector.content["given"])
    do throws(RedisError) {
      let key = try RedisKey(
        namespace: given["namespace"]?.string, entity: given["entity"]?.string ?? "", id: given["id"]?.string ?? "")
      var name = key.name
      if let field = given["field"]?.string { name = try key.field(caller: field) }
      #expect(name == vector.content["expect"]?.string)
    } catch {
      #expect(error.code.rawValue == vector.content["expect_error"]?.string, "\(error)")
    }
  }

  @Test(arguments: Vector.all("urls")) func `a URL says the same in both languages`(vector: Vector) throws {
    let text = try #require(vector.content["given"]?.string)
    var seen: JSONValue
    do throws(RedisError) {
      let url = try RedisURL(text)
      var parts: [String: JSONValue] = ["address": .string(url.address)]
      if url.tls { parts["tls"] = true }
      if let user = url.user { parts["user"] = .string(user) }
      if let password = url.password { parts["password"] = .string(password) }
      if url.database != 0 { parts["database"] = .int(Int64(url.database)) }
      if let name = url.clientName { parts["client_name"] = .string(name) }
      if let limit = url.timeoutMilliseconds { parts["timeout_ms"] = .int(Int64(limit)) }
      if let limit = url.connectTimeoutMilliseconds { parts["connect_timeout_ms"] = .int(Int64(limit)) }
      seen = .object(parts)
    } catch {
      #expect(error.execution == .notExecuted)
      let place = error.message.split(separator: " ")[2].dropLast()
      seen = ["error": .string(error.code.rawValue), "at": .int(Int64(place) ?? -1)]
    }
    #expect(seen.canonical == vector.content["expect"]?.canonical)
  }

  @Test(arguments: Vector.all("json")) func `JSON has one form`(vector: Vector) throws {
    let text = try #require(vector.content["text"]?.bytes)
    let codec = JSONCodec<JSON>()
    guard let value = try? codec.decode(text) else {
      #expect(vector.content["expect"]?.canonical == JSONValue.object(["error": "CACHECODEC"]).canonical)
      return
    }
    let written = try codec.encode(value)
    #expect(written == vector.content["expect"]?.bytes, "\(String(decoding: written, as: UTF8.self))")
    #expect(try codec.encode(try codec.decode(written)) == written)
  }

  @Test(arguments: Vector.all("errors")) func `a server's error gets the agreed code`(vector: Vector) throws {
    let content = vector.content
    let expected = content["expect"] ?? content
    let error = RedisError(serverError: try #require(content["text"]?.string))
    #expect(error.code.rawValue == expected["code"]?.string)
    #expect(error.execution.rawValue == expected["execution"]?.string)
    #expect(error.serverCode == expected["server_code"]?.string)
  }
}

extension Vector {
  var operation: PatternOperation {
    get throws {
      PatternOperation(try #require(content["operation"]?.string), given: content["given"] ?? [:])
    }
  }
}

extension HTTPAnswer {
  fileprivate init(given: JSONValue) throws {
    let told = try #require(given["decision"])
    let states = try #require(told["tiers"]?.array).map { tier in
      TierState(
        name: try #require(tier["name"]?.string), remaining: Int(try #require(tier["remaining"]?.int)),
        resetAfter: .microseconds(try #require(tier["reset_after_us"]?.int)))
    }
    let decision = Decision(
      status: try #require(Decision.Status(rawValue: told["status"]?.string ?? "")), tier: told["tier"]?.string ?? "",
      retryAfter: .microseconds(try #require(told["retry_after_us"]?.int)), tiers: states)
    let tiers = try #require(given["tiers"]?.array).map { tier in
      RateLimit.Tier(
        try #require(tier["name"]?.string), Int(try #require(tier["limit"]?.int)),
        per: .microseconds(try #require(tier["per_us"]?.int)))
    }
    self.init(decision, to: .tiers(tiers), cost: Int(given["cost"]?.int ?? 1))
  }
}

extension JSONValue {
  /// A reply as a vector writes it.
  var reply: RESPValue {
    switch self {
    case .null: .null
    case .bool(let value): .integer(value ? 1 : 0)
    case .int(let value): .integer(value)
    case .string(let text): .bulk(Array(text.utf8))
    case .array(let items): .array(items.map(\.reply))
    case .object: .bulk(bytes ?? [])
    }
  }
}
