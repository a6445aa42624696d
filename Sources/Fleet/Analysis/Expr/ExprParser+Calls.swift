/// Calls, predicates and members.
extension ExprParser {
  // MARK: Calls

  mutating func call(_ name: ExprToken, piped: ExprNode?) throws(ExprError) -> ExprNode {
    if let loop = ExprLoop(rawValue: name.text) { return try self.loop(loop, name, piped: piped) }
    try expectBracket("(")
    let arguments = (piped.map { [$0] } ?? []) + (try elements(until: ")"))
    if let function = ExprFunction(rawValue: name.text) {
      return try make(.function(function, arguments), at: name.offset, over: arguments)
    }
    let isFloatCheck = ["isNaN", "isInf"].contains(name.text)
    return try make(
      .call(name.text, isFloatCheck ? arguments.map(ExprNumber.asFloat) : arguments), at: name.offset, over: arguments)
  }

  private mutating func loop(_ loop: ExprLoop, _ name: ExprToken, piped: ExprNode?) throws(ExprError) -> ExprNode {
    try expectBracket("(")
    guard piped != nil || !current.isBracket(")") else { throw arguments(loop, name) }
    let over: ExprNode
    if let piped { over = piped } else { over = try expression(0) }
    var body: ExprNode?
    var last: ExprNode?
    if piped != nil, !current.isBracket(")") {
      body = try predicate()
    } else if current.isOperation(",") {
      advance()
      if !current.isBracket(")") { body = try predicate() }
    }
    if loop.needsBody, body == nil { throw arguments(loop, name) }
    if loop.takesLast, current.isOperation(",") {
      advance()
      if !current.isBracket(")") { last = try expression(0) }
    }
    if current.isOperation(",") { advance() }
    try expectBracket(")")
    let children = [over, body, last].compactMap { $0 }
    return try make(.loop(loop, over: over, body: body, last: last), at: name.offset, over: children)
  }

  private func arguments(_ loop: ExprLoop, _ name: ExprToken) -> ExprError {
    ExprError(
      .syntax, "\(loop.rawValue) needs a list\(loop.needsBody ? " and a predicate" : "")", at: name.offset)
  }

  private mutating func predicate() throws(ExprError) -> ExprNode {
    predicates += 1
    defer { predicates -= 1 }
    if current.isBracket("{") { return try block() }
    let node = try expression(0)
    if current.isOperation(";") {
      throw ExprError(.syntax, "put the predicate in braces { and }", at: current.offset)
    }
    return node
  }

  // MARK: Members

  mutating func postfix(_ first: ExprNode) throws(ExprError) -> ExprNode {
    var node = first
    while true {
      if current.isOperation(".") || current.isOperation("?.") {
        let isOptional = current.text == "?."
        advance()
        if isOptional, current.isBracket("[") {
          node = try index(node, isOptional: true)
        } else {
          node = try property(of: node, isOptional: isOptional)
        }
      } else if current.isBracket("[") {
        node = try index(node, isOptional: false)
      } else {
        return node
      }
    }
  }

  private mutating func property(of base: ExprNode, isOptional: Bool) throws(ExprError) -> ExprNode {
    let token = current
    guard
      token.kind == .identifier || (token.kind == .operation && token.text.unicodeScalars.allSatisfy(ExprLexer.isWord))
    else { throw ExprError(.syntax, "expected a name, not \(token.shown)", at: token.offset) }
    advance()
    var base = base
    var isChain = isOptional
    if case .chain(let inner) = base.kind {
      base = inner
      isChain = true
    }
    var node: ExprNode
    if current.isBracket("(") {
      advance()
      let arguments = try elements(until: ")")
      node = try make(.method(base, token.text, arguments), at: token.offset, over: [base] + arguments)
    } else {
      let name = try make(.string(token.text), at: token.offset)
      node = try member(name, of: base, isOptional: isOptional, at: token.offset)
    }
    if isChain { node = try make(.chain(node), at: token.offset, over: [node]) }
    return node
  }

  /// `$env.result` and `$env["result"]` are the result: `$env` stands for all that can be named.
  private mutating func member(
    _ property: ExprNode, of base: ExprNode, isOptional: Bool, at offset: Int
  ) throws(ExprError) -> ExprNode {
    if case .name("$env") = base.kind, case .string(ExprEnvironment.resultName) = property.kind {
      return try make(.name(ExprEnvironment.resultName), at: offset)
    }
    return try make(.member(base, property, isOptional: isOptional), at: offset, over: [base, property])
  }

  private mutating func index(_ base: ExprNode, isOptional: Bool) throws(ExprError) -> ExprNode {
    let offset = current.offset
    advance()
    var from: ExprNode?
    if !current.isOperation(":") { from = try expression(0) }
    if current.isOperation(":") {
      advance()
      let to = current.isBracket("]") ? nil : try expression(0)
      try expectBracket("]")
      return try make(
        .slice(base, from: from, to: to), at: offset, over: [base] + [from, to].compactMap { $0 })
    }
    try expectBracket("]")
    guard let from else { throw unexpected() }
    let node = try member(from, of: base, isOptional: isOptional, at: offset)
    return isOptional ? try make(.chain(node), at: offset, over: [node]) : node
  }
}
