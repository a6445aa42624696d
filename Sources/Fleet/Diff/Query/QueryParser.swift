import Manifest

/// Reads jq expressions that name fields: paths, `select`, comparisons and the common functions.
///
/// Source: the jq 1.7 manual. What is not understood (definitions, variables, arithmetic, objects, reductions) is refused,
/// never ignored.
struct QueryParser {
  private static let maximumLength = 4096
  private static let maximumDepth = 64

  private var tokens: ArraySlice<QueryToken>
  private var depth = 0

  static func parse(_ text: String) throws(QueryProblem) -> QueryExpression {
    guard text.utf8.count <= maximumLength else {
      throw QueryProblem(message: "it is longer than \(maximumLength) bytes", isUnsupported: true)
    }
    var parser = QueryParser(tokens: try QueryLexer.tokens(text)[...])
    let expression = try parser.pipe()
    guard parser.tokens.isEmpty else { throw parser.unexpected() }
    return expression
  }

  private init(tokens: ArraySlice<QueryToken>) { self.tokens = tokens }

  private mutating func take(_ symbol: String) -> Bool {
    guard tokens.first == .symbol(symbol) else { return false }
    tokens.removeFirst()
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard tokens.first == .word(word) else { return false }
    tokens.removeFirst()
    return true
  }

  private mutating func expect(_ symbol: String) throws(QueryProblem) {
    guard take(symbol) else { throw QueryProblem(message: "'\(symbol)' is missing") }
  }

  private func unexpected() -> QueryProblem {
    switch tokens.first {
    case nil: QueryProblem(message: "it ends too early")
    case .symbol(let symbol) where ["+", "-", "*", "/", "%", "{", "$", "=", "@"].contains(symbol):
      QueryProblem(message: "'\(symbol)' is not understood", isUnsupported: true)
    case .symbol(let symbol): QueryProblem(message: "unexpected '\(symbol)'")
    case .word(let word): QueryProblem(message: "unexpected '\(word)'")
    case .field(let name): QueryProblem(message: "unexpected '.\(name)'")
    case .string: QueryProblem(message: "unexpected string")
    case .number: QueryProblem(message: "unexpected number")
    }
  }

  private mutating func pipe() throws(QueryProblem) -> QueryExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw QueryProblem(message: "it is nested too deeply", isUnsupported: true)
    }
    var expression = try comma()
    while take("|") { expression = .pipe(expression, try comma()) }
    return expression
  }

  private mutating func comma() throws(QueryProblem) -> QueryExpression {
    var expression = try alternative()
    while take(",") { expression = .comma(expression, try alternative()) }
    return expression
  }

  private mutating func alternative() throws(QueryProblem) -> QueryExpression {
    var expression = try disjunction()
    while take("//") { expression = .alternative(expression, try disjunction()) }
    return expression
  }

  private mutating func disjunction() throws(QueryProblem) -> QueryExpression {
    var expression = try conjunction()
    while takeWord("or") { expression = .or(expression, try conjunction()) }
    return expression
  }

  private mutating func conjunction() throws(QueryProblem) -> QueryExpression {
    var expression = try comparison()
    while takeWord("and") { expression = .and(expression, try comparison()) }
    return expression
  }

  private mutating func comparison() throws(QueryProblem) -> QueryExpression {
    let left = try postfix()
    guard case .symbol(let symbol)? = tokens.first, let comparison = QueryExpression.Comparison(rawValue: symbol) else {
      return left
    }
    tokens.removeFirst()
    return .compare(comparison, left, try postfix())
  }

  private mutating func postfix() throws(QueryProblem) -> QueryExpression {
    var expression = try term()
    while true {
      if case .field(let name)? = tokens.first {
        tokens.removeFirst()
        expression = .member(base: expression, key: .literal(.string(name)))
      } else if tokens.first == .symbol("."), case .string(let name)? = tokens.dropFirst().first {
        tokens = tokens.dropFirst(2)
        expression = .member(base: expression, key: .literal(.string(name)))
      } else if tokens.first == .symbol("."), tokens.dropFirst().first == .symbol("[") {
        tokens.removeFirst()
      } else if take("[") {
        expression = try brackets(of: expression)
      } else if take("?") {
        expression = Self.attempt(expression)
      } else {
        return expression
      }
    }
  }

  /// The `?` behind a step covers that step alone: where it fails for one value, the next one is tried.
  private static func attempt(_ expression: QueryExpression) -> QueryExpression {
    switch expression {
    case .member(let base, let key):
      guard case .literal = key else { return .attempt(expression) }
      return .pipe(base, .attempt(.member(base: .identity, key: key)))
    case .each(let base): return .pipe(base, .attempt(.each(base: .identity)))
    default: return .attempt(expression)
    }
  }

  private mutating func brackets(of base: QueryExpression) throws(QueryProblem) -> QueryExpression {
    if take("]") { return .each(base: base) }
    if take(":") {
      let end = try pipe()
      try expect("]")
      return .slice(base: base, from: nil, to: end)
    }
    let key = try pipe()
    if take("]") { return .member(base: base, key: key) }
    try expect(":")
    if take("]") { return .slice(base: base, from: key, to: nil) }
    let end = try pipe()
    try expect("]")
    return .slice(base: base, from: key, to: end)
  }

  private mutating func term() throws(QueryProblem) -> QueryExpression {
    guard let token = tokens.popFirst() else { throw unexpected() }
    switch token {
    case .number(let number): return .literal(Self.node(of: number))
    case .string(let text): return .literal(.string(text))
    case .field(let name): return .member(base: .identity, key: .literal(.string(name)))
    case .word(let word): return try named(word)
    case .symbol("."):
      guard case .string(let name)? = tokens.first else { return .identity }
      tokens.removeFirst()
      return .member(base: .identity, key: .literal(.string(name)))
    case .symbol(".."): return .everything
    case .symbol("("):
      let inner = try pipe()
      try expect(")")
      return inner
    case .symbol("["):
      if take("]") { return .array(nil) }
      let inner = try pipe()
      try expect("]")
      return .array(inner)
    case .symbol("-"):
      guard case .number(let number)? = tokens.popFirst() else {
        throw QueryProblem(message: "'-' is not understood", isUnsupported: true)
      }
      return .literal(Self.node(of: -number))
    case .symbol:
      tokens = [token] + tokens
      throw unexpected()
    }
  }

  private static func node(of number: Double) -> Node {
    Int64(exactly: number).map { Node(.int($0)) } ?? Node(.double(number))
  }

  private mutating func named(_ word: String) throws(QueryProblem) -> QueryExpression {
    switch word {
    case "true": return .literal(Node(.bool(true)))
    case "false": return .literal(Node(.bool(false)))
    case "null": return .literal(.null)
    case "if": return try condition()
    default: break
    }
    guard let function = QueryFunction(rawValue: word) else {
      let isKeyword = ["then", "else", "elif", "end", "and", "or"].contains(word)
      throw QueryProblem(
        message: isKeyword ? "unexpected '\(word)'" : "'\(word)' is not understood", isUnsupported: !isKeyword)
    }
    var arguments: [QueryExpression] = []
    if take("(") {
      repeat { arguments.append(try pipe()) } while take(";")
      try expect(")")
    }
    guard function.arity.contains(arguments.count) else {
      throw QueryProblem(message: "'\(word)' does not take \(arguments.count) arguments")
    }
    return .call(function, arguments)
  }

  private mutating func condition() throws(QueryProblem) -> QueryExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw QueryProblem(message: "it is nested too deeply", isUnsupported: true)
    }
    let test = try pipe()
    guard takeWord("then") else { throw QueryProblem(message: "'then' is missing") }
    let then = try pipe()
    if takeWord("elif") { return .condition(test, then: then, otherwise: try condition()) }
    let otherwise = takeWord("else") ? try pipe() : .identity
    guard takeWord("end") else { throw QueryProblem(message: "'end' is missing") }
    return .condition(test, then: then, otherwise: otherwise)
  }
}
