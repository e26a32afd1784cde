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
