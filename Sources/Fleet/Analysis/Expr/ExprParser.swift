/// Reads an expression, by the grammar of expr 1.17.
struct ExprParser {
  private let tokens: [ExprToken]
  private let limits: ExprLimits
  private var position = 0
  /// In how many predicates we are.
  var predicates = 0
  private var nodes = 0
  private var nesting = 0

  private init(_ tokens: [ExprToken], limits: ExprLimits) {
    self.tokens = tokens
    self.limits = limits
  }

  static func parse(_ text: String, limits: ExprLimits = ExprLimits()) throws(ExprError) -> ExprNode {
    guard text.utf8.count <= limits.textBytes else {
      throw ExprError(.limit, "the expression has more than \(limits.textBytes) bytes")
    }
    var parser = ExprParser(try ExprLexer.tokens(of: text), limits: limits)
    let node = try parser.sequence()
    guard parser.current.kind == .end else { throw parser.unexpected() }
    return node
  }

  // MARK: Tokens

  var current: ExprToken { tokens[Swift.min(position, tokens.count - 1)] }

  mutating func advance() { position += 1 }

  func unexpected(_ token: ExprToken? = nil) -> ExprError {
    let token = token ?? current
    let hint = token.text == "=" ? "; equality is ==" : ""
    return ExprError(.syntax, "unexpected \(token.shown)\(hint)", at: token.offset)
  }

  mutating func expectOperation(_ text: String) throws(ExprError) {
    guard current.isOperation(text) else { throw unexpected() }
    advance()
  }

  mutating func expectBracket(_ text: String) throws(ExprError) {
    guard current.isBracket(text) else { throw unexpected() }
    advance()
  }

  mutating func expectIdentifier() throws(ExprError) -> ExprToken {
    let token = current
    guard token.kind == .identifier else { throw unexpected() }
    advance()
    return token
  }

  // MARK: Nodes

  mutating func make(
    _ kind: ExprNode.Kind, at offset: Int, over children: [ExprNode] = []
  ) throws(ExprError) -> ExprNode {
    nodes += 1
    let depth = 1 + (children.lazy.map(\.depth).max() ?? 0)
    guard nodes <= limits.nodes, depth <= limits.depth else {
      throw ExprError(.limit, "the expression is too large", at: offset)
    }
    return ExprNode(kind: kind, offset: offset, depth: depth)
  }

  mutating func sequence() throws(ExprError) -> ExprNode {
    var parts = [try expression(0)]
    while current.isOperation(";") {
      advance()
      if current.kind == .end { break }
      parts.append(try expression(0))
    }
    return parts.count == 1 ? parts[0] : try make(.sequence(parts), at: parts[0].offset, over: parts)
  }

  mutating func expression(_ precedence: Int) throws(ExprError) -> ExprNode {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= limits.depth else { throw ExprError(.limit, "the expression is nested too deeply") }
    if precedence == 0, current.isOperation("let") { return try declaration() }
    if precedence == 0, current.isOperation("if") { return try ifElse() }
    let node = try operations(on: try primary(), precedence)
    return precedence == 0 ? try conditional(node) : node
  }

  private mutating func operations(on first: ExprNode, _ precedence: Int) throws(ExprError) -> ExprNode {
    var left = first
    var previous = ""
    while current.kind == .operation {
      var token = current
      let start = position
      let isNegated = token.text == "not"
      if isNegated {
        advance()
        token = current
        guard token.kind == .operation, ExprBinary.named(token.text)?.isNegatable == true else { throw unexpected() }
      }
      if token.text == "|", precedence == 0, !isNegated {
        advance()
        let name = try expectIdentifier()
        left = try call(name, piped: left)
        previous = "|"
        continue
      }
      guard let operation = ExprBinary.named(token.text), operation.precedence >= precedence else {
        position = start
        break
      }
      advance()
      if previous == "??", operation != .coalesce {
        throw ExprError(
          .syntax, "'\(token.text)' and ?? cannot be mixed: put one of them in parentheses", at: token.offset)
      }
      left = try apply(operation, token, left, isNegated: isNegated)
      previous = token.text
    }
    return left
  }

  private mutating func apply(
    _ operation: ExprBinary, _ token: ExprToken, _ left: ExprNode, isNegated: Bool
  ) throws(ExprError) -> ExprNode {
    if operation.isOrder { return try comparison(left, token, operation) }
    let right = try expression(operation.precedence + (operation.isRightAssociative ? 0 : 1))
    let node = try make(.binary(operation, left, right), at: token.offset, over: [left, right])
    return isNegated ? try make(.unary(.not, node), at: token.offset, over: [node]) : node
  }

  /// `a < x < b` is `a < x && x < b`.
  private mutating func comparison(
    _ first: ExprNode, _ firstToken: ExprToken, _ firstOperation: ExprBinary
  ) throws(ExprError) -> ExprNode {
    var (left, token, operation) = (first, firstToken, firstOperation)
    var whole: ExprNode?
    while true {
      let right = try expression(operation.precedence + 1)
      let part = try make(.binary(operation, left, right), at: token.offset, over: [left, right])
      if let before = whole {
        whole = try make(.binary(.and, before, part), at: token.offset, over: [before, part])
      } else {
        whole = part
      }
      left = right
      token = current
      guard token.kind == .operation, let next = ExprBinary.named(token.text), next.isOrder else {
        return whole ?? part
      }
      operation = next
      advance()
    }
  }

  private mutating func declaration() throws(ExprError) -> ExprNode {
    advance()
    let name = try expectIdentifier()
    try expectOperation("=")
    let value = try expression(0)
    try expectOperation(";")
    let body = try sequence()
    return try make(.declaration(name.text, value, in: body), at: name.offset, over: [value, body])
  }

  private mutating func ifElse() throws(ExprError) -> ExprNode {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= limits.depth else { throw ExprError(.limit, "the expression is nested too deeply") }
    let offset = current.offset
    advance()
    let condition = try expression(0)
    let then = try block()
    try expectOperation("else")
    let otherwise = current.isOperation("if") ? try ifElse() : try block()
    return try make(
      .conditional(condition, then: then, otherwise: otherwise), at: offset, over: [condition, then, otherwise])
  }

  mutating func block() throws(ExprError) -> ExprNode {
    try expectBracket("{")
    let node = try sequence()
    try expectBracket("}")
    return node
  }

  private mutating func conditional(_ first: ExprNode) throws(ExprError) -> ExprNode {
    var node = first
    while current.isOperation("?") {
      let offset = current.offset
      advance()
      var then = node
      if current.isOperation(":") {
        advance()
      } else {
        then = try expression(0)
        try expectOperation(":")
      }
      let otherwise = try expression(0)
      node = try make(
        .conditional(node, then: then, otherwise: otherwise), at: offset, over: [node, then, otherwise])
    }
    return node
  }

  // MARK: Primaries

  private mutating func primary() throws(ExprError) -> ExprNode {
    let token = current
    if token.kind == .operation, let unary = Self.unary(token.text) {
      advance()
      let operand = try expression(unary == .not ? 50 : 90)
      return try postfix(try make(.unary(unary, operand), at: token.offset, over: [operand]))
    }
    if token.isBracket("(") {
      advance()
      nesting += 1
      let node = try sequence()
      nesting -= 1
      try expectBracket(")")
      return try postfix(node)
    }
    if predicates > 0, token.isOperation("#") || token.isOperation(".") { return try pointer() }
    if token.isOperation("::") {
      advance()
      let name = try expectIdentifier()
      return try postfix(try call(name, piped: nil))
    }
    return try secondary()
  }

  private static func unary(_ text: String) -> ExprUnary? {
    switch text {
    case "not", "!": .not
    case "-": .minus
    case "+": .plus
    default: nil
    }
  }

  /// `#`, `#acc`; before `.field` the `#` may be left out.
  private mutating func pointer() throws(ExprError) -> ExprNode {
    let token = current
    var name = ""
    if token.isOperation("#") {
      advance()
      if current.kind == .identifier {
        name = current.text
        advance()
      }
    }
    return try postfix(try make(.pointer(name), at: token.offset))
  }

  private mutating func secondary() throws(ExprError) -> ExprNode {
    let token = current
    switch token.kind {
    case .identifier:
      advance()
      switch token.text {
      case "true": return try make(.bool(true), at: token.offset)
      case "false": return try make(.bool(false), at: token.offset)
      case "nil": return try make(.null, at: token.offset)
      default:
        let isCall = current.isBracket("(")
        return try postfix(
          isCall ? try call(token, piped: nil) : try make(.name(token.text), at: token.offset))
      }
    case .number:
      advance()
      return try make(try ExprNumber.literal(token), at: token.offset)
    case .string:
      advance()
      return try postfix(try make(.string(token.text), at: token.offset))
    case .bracket where token.text == "[": return try postfix(try list())
    case .bracket where token.text == "{": return try postfix(try map())
    default: throw unexpected()
    }
  }

  private mutating func list() throws(ExprError) -> ExprNode {
    let offset = current.offset
    advance()
    let items = try elements(until: "]")
    return try make(.list(items), at: offset, over: items)
  }

  /// Expressions with commas between them, up to the bracket; a last comma may stand.
  mutating func elements(until bracket: String) throws(ExprError) -> [ExprNode] {
    var items: [ExprNode] = []
    while !current.isBracket(bracket) {
      if !items.isEmpty {
        try expectOperation(",")
        if current.isBracket(bracket) { break }
      }
      items.append(try expression(0))
    }
    advance()
    return items
  }

  private mutating func map() throws(ExprError) -> ExprNode {
    let offset = current.offset
    advance()
    var pairs: [(key: ExprNode, value: ExprNode)] = []
    while !current.isBracket("}") {
      if !pairs.isEmpty {
        try expectOperation(",")
        if current.isBracket("}") { break }
      }
      let key = try mapKey()
      try expectOperation(":")
      pairs.append((key, try expression(0)))
    }
    advance()
    return try make(.map(pairs), at: offset, over: pairs.flatMap { [$0.key, $0.value] })
  }

  private mutating func mapKey() throws(ExprError) -> ExprNode {
    let token = current
    switch token.kind {
    case .number, .string, .identifier:
      advance()
      return try make(.string(token.text), at: token.offset)
    case .bracket where token.text == "(": return try expression(0)
    default:
      throw ExprError(
        .syntax, "a key is a name, a number, a text in quotes or an expression in parentheses, not \(token.shown)",
        at: token.offset)
    }
  }
}
