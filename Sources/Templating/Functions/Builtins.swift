extension Function {
  /// Go's own functions (text/template/funcs.go).
  static let builtins: [Function] = [
    // These two are evaluated by the evaluator, which stops at the argument that decides.
    Function("and", 1...) { a, _ in a[0] },
    Function("or", 1...) { a, _ in a[0] },
    Function("not", 1) { a, _ in .bool(!a[0].isTrue) },
    Function("len", 1) { a, _ in .int(try length(a)) },
    Function("index", 1...) { a, _ in try index(a) },
    Function("call", 1...) { a, _ in
      throw a.failure(a[0].isNothing ? "call of nil" : "non-function of type \(a[0].typeName)")
    },
    Function("print", 0...) { a, run in try run.text(try Printer.sprint(a.values, &run)) },
    Function("println", 0...) { a, run in try run.text(try Printer.sprintln(a.values, &run)) },
    Function("printf", 1...) { a, run in
      var formatter = Formatter(format: try a.string(0), arguments: Array(a.from(1)))
      return try run.text(try formatter.run(&run))
    },
    Function("html", 0...) { a, run in try run.text(Escaping.html(try evaluatedText(a, &run))) },
    Function("js", 0...) { a, run in try run.text(Escaping.javaScript(try evaluatedText(a, &run))) },
    Function("urlquery", 0...) { a, run in try run.text(Escaping.query(try evaluatedText(a, &run))) },
    Function("eq", 1...) { a, _ in .bool(try Comparison.equal(a)) },
    Function("ne", 2) { a, _ in .bool(!(try Comparison.equal(a))) },
    Function("lt", 2) { a, _ in .bool(try Comparison.less(a, a[0], a[1])) },
    Function("le", 2) { a, _ in
      .bool(try Comparison.less(a, a[0], a[1]) || Comparison.equal(a))
    },
    Function("gt", 2) { a, _ in
      .bool(try !Comparison.less(a, a[0], a[1]) && !Comparison.equal(a))
    },
    Function("ge", 2) { a, _ in .bool(!(try Comparison.less(a, a[0], a[1]))) },
  ]

  private static func length(_ a: Arguments) throws -> Int {
    switch a[0] {
    case .string(let text): text.utf8.count
    case .list(let list): list.values.count
    case .map(let map): map.members.count
    case .absent, .null: throw a.failure("len of nil pointer")
    default: throw a.failure("len of type \(a[0].typeName)")
    }
  }

  private static func index(_ a: Arguments) throws -> GoValue {
    var value = a[0]
    guard !value.isNothing else { throw a.failure("index of untyped nil") }
    for key in a.from(1) {
      switch value {
      case .map(let map):
        guard case .string(let name) = key else {
          throw a.failure("value has type \(key.typeName); should be string")
        }
        value = map.members[name] ?? map.element.zero
      case .list(let list): value = list.values[try position(key, list.values.count, a)]
      case .string(let text):
        let bytes = Array(text.utf8)
        value = .int(Int64(bytes[try position(key, bytes.count, a)]), .uint8)
      case .absent, .null: throw a.failure("index of nil pointer")
      default: throw a.failure("can't index item of type \(value.typeName)")
      }
    }
    return value
  }

  private static func position(_ key: GoValue, _ count: Int, _ a: Arguments) throws -> Int {
    guard case .int(let number, _) = key else {
      throw a.failure("cannot index slice/array with type \(key.isNothing ? "nil" : key.typeName)")
    }
    guard number >= 0, number < Int64(count) else { throw a.failure("index out of range: \(number)") }
    return Int(number)
  }

  private static func evaluatedText(_ a: Arguments, _ run: inout Run) throws -> String {
    if a.count == 1, case .string(let text) = a[0] { return text }
    return try Printer.sprint(a.values.map { $0.isNothing ? .string("<no value>") : $0 }, &run)
  }
}

/// Go's comparisons: numbers of one kind, text with text, and nothing else.
enum Comparison {
  private enum Kind { case nothing, bool, integer, float, complex, string, other }

  private static func kind(_ value: GoValue) -> Kind {
    switch value {
    case .absent, .null: .nothing
    case .bool: .bool
    case .int: .integer
    case .float: .float
    case .string: .string
    case .complex: .complex
    case .list, .map, .time, .version, .certificate: .other
    }
  }

  /// Whether the first argument equals any of the others.
  static func equal(_ a: Arguments) throws -> Bool {
    guard a.count > 1 else { throw a.failure("missing argument for comparison") }
    for other in a.from(1) where try equal(a, a[0], other) { return true }
    return false
  }

  private static func equal(_ a: Arguments, _ x: GoValue, _ y: GoValue) throws -> Bool {
    switch (x, y) {
    case (.bool(let x), .bool(let y)): return x == y
    case (.int(let x, _), .int(let y, _)): return x == y
    case (.float(let x), .float(let y)): return x == y
    case (.complex(let x), .complex(let y)): return x == y
    case (.string(let x), .string(let y)): return x == y
    default:
      let kinds = (kind(x), kind(y))
      if kinds.0 == .nothing || kinds.1 == .nothing { return kinds.0 == kinds.1 }
      if kinds.0 == .other, kinds.1 == .other { throw a.failure("non-comparable type \(x.typeName)") }
      throw incompatible(a, x, y)
    }
  }

  static func less(_ a: Arguments, _ x: GoValue, _ y: GoValue) throws -> Bool {
    switch (x, y) {
    case (.int(let x, _), .int(let y, _)): return x < y
    case (.float(let x), .float(let y)): return x < y
    case (.string(let x), .string(let y)): return x.utf8.lexicographicallyPrecedes(y.utf8)
    default:
      let kinds = [kind(x), kind(y)]
      if kinds.contains(.nothing) || kinds.contains(.other) || kinds == [.bool, .bool]
        || kinds == [.complex, .complex]
      {
        throw a.failure("invalid type for comparison")
      }
      throw incompatible(a, x, y)
    }
  }

  private static func incompatible(_ a: Arguments, _ x: GoValue, _ y: GoValue) -> TemplateError {
    let isNumber = [kind(x), kind(y)].allSatisfy { $0 == .integer || $0 == .float }
    let hint = isNumber ? "; parameters are float64: convert with int or float64" : ""
    return a.failure("incompatible types for comparison: \(x.typeName) and \(y.typeName)\(hint)")
  }
}
