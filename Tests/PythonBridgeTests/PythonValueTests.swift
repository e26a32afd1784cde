import PythonBridge
import Testing

@Suite(needsPython)
struct PythonValueTests {
  static let values: [(value: PythonValue, python: String)] = [
    (.none, "None"), (true, "True"), (false, "False"),
    (0, "0"), (-1, "-1"), (.int(.max), "2**63 - 1"), (.int(.min), "-2**63"),
    (.bigInt("0x8000000000000000"), "2**63"), (.bigInt("-0x8000000000000001"), "-2**63 - 1"),
    (.bigInt("0x10000000000000000"), "2**64"),
    (.bigInt("0x1d6329f1c35ca4bfabb9f5610000000000"), "10**40"),
    (0.5, "0.5"), (.double(.infinity), "float('inf')"), (.double(-0.0), "-0.0"), (1.0, "1.0"),
    ("", "''"), ("nul \0 inside", "'nul \\0 inside'"), ("grüße 🚲 漢", "'grüße 🚲 漢'"),
    (.bytes([]), "b''"), (.bytes(Array(0...255)), "bytes(range(256))"),
    ([], "[]"), (.tuple([]), "()"), ([:], "{}"),
    ([1, "a", [.none, .tuple([true])]], "[1, 'a', [None, (True,)]]"),
    ([.tuple([1, "x"]): 1], "{(1, 'x'): 1}"), ([.bytes([0, 255]): [2.5]], "{b'\\x00\\xff': [2.5]}"),
    ([.none: ["deep": ["er": [1]]]], "{None: {'deep': {'er': [1]}}}"),
  ]

  @Test(arguments: values)
  func `a value arrives in Python as itself and comes back equal`(value: PythonValue, python: String)
    async throws
  {
    try await startPython()
    let file = "\(fixtures)/evaluate.py"
    #expect(try await PythonInterpreter.call(file: file, "same", [value, .string(python)]) == true)
    #expect(try await PythonInterpreter.call(file: file, "echo", [value]) == value)
    #expect(try await evaluate(python) == value)
  }

  @Test func `not-a-number stays one`() async throws {
    let value = try await evaluate("float('nan')")
    #expect(value.double?.isNaN == true)
  }

  @Test func `relatives of the plain types cross as the plain types`() async throws {
    #expect(try await evaluate("Color.RED") == 3)
    #expect(try await evaluate("bytearray(b'ab')") == .bytes([97, 98]))
    #expect(try await evaluate("collections.OrderedDict(a=1)") == ["a": 1])
    #expect(try await evaluate("collections.namedtuple('P', 'x y')(1, 2)") == .tuple([1, 2]))
  }

  @Test(arguments: [
    ("[0, {'k': [object()]}]", "result[1][\"k\"][0]", "object"),
    ("{1}", "result", "set"), ("1j", "result", "complex"),
    ("(decimal.Decimal(1),)", "result[0]", "Decimal"),
    ("{'at': datetime.datetime(2020, 1, 1)}", "result[\"at\"]", "datetime"),
    ("{(1, frozenset()): 1}", "result[key][1]", "frozenset"),
    ("['ok', '\\ud800']", "result[1]", "lone surrogate"),
    ("ring()", "result[1][\"k\"]", "contains itself"),
    ("nest(300)", "result[0][0][0][0][0][0][…]", "nested deeper than 200 levels"),
    ("len", "result", "builtin_function_or_method"),
  ])
  func `an unsupported value is an error that says where it stands`(
    expression: String, path: String, reason: String
  ) async throws {
    let error = await #expect(throws: PythonConversionError.self) { try await evaluate(expression) }
    #expect(error?.path.hasPrefix(path) == true, "\(error?.path ?? "")")
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    #expect(try await evaluate("1 + 1") == 2)
  }

  @Test func `two hundred levels cross, one more does not`() async throws {
    _ = try await evaluate("nest(200)")
    await #expect(throws: PythonConversionError.self) { try await evaluate("nest(201)") }
    var deep: PythonValue = []
    for _ in 0..<300 { deep = [deep] }
    let value = deep
    await #expect(throws: PythonConversionError.self) {
      try await PythonInterpreter.call("builtins", "len", [value])
    }
  }

  @Test func `what Python cannot take is refused before the call`() async throws {
    try await startPython()
    let unhashable = await #expect(throws: PythonConversionError.self) {
      try await PythonInterpreter.call("builtins", "len", [[[1]: 2]])
    }
    #expect(unhashable?.reason == "a list cannot be a key in Python")
    let digits = await #expect(throws: PythonConversionError.self) {
      try await PythonInterpreter.call("builtins", "abs", [.bigInt("0xzz")])
    }
    #expect(digits?.path == "arguments[0]")
  }
}
