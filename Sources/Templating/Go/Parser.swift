/// Builds the tree of a Go template from its tokens, by the grammar of Go's text/template/parse.
struct Parser {
  /// Deeper nesting of blocks or parentheses is refused: nobody writes it, and it would cost stack.
  private static let maximumNesting = 100

  private enum Terminator { case end, elseBranch(Token), endOfText }

  private let tokens: [Token]
  private var position = 0
  private var nesting = 0
  private var loops = 0
  private var variables: [String] = ["$"]
  private var named: [String: Block] = [:]

  private init(_ tokens: [Token]) { self.tokens = tokens }

  static func parse(_ text: String) throws(TemplateError) -> (main: Block, named: [String: Block]) {
    var parser = Parser(try Lexer.tokens(of: text))
    let (main, terminator) = try parser.parseBlock()
    guard case .endOfText = terminator else {
      throw TemplateError(.syntax, "unexpected {{end}}", at: parser.lastOffset)
    }
    return (main, parser.named)
  }

  // MARK: Blocks

  private mutating func parseBlock() throws(TemplateError) -> (Block, Terminator) {
    try enter()
    defer { nesting -= 1 }
    var block = Block()
    while true {
      let token = next()
      switch token.kind {
      case .text(let text): block.statements.append(.text(text))
      case .end: return (block, .endOfText)
      default:
        if let terminator = try parseTag(into: &block) { return (block, terminator) }
      }
    }
  }

  /// A tag, its `{{` read already. Returns what ends the block, if this tag does.
  private mutating func parseTag(into block: inout Block) throws(TemplateError) -> Terminator? {
    skipSpace()
    let token = peek()
    guard case .word(let word) = token.kind else {
      block.statements.append(.action(try parsePipeline(in: "command", until: .close)))
      return nil
    }
    switch word {
    case "end":
      advance()
      try expectClose(after: "end")
      return .end
    case "else":
      advance()
      return .elseBranch(token)
    case "if", "with", "range":
      advance()
      block.statements.append(try parseControl(word, token))
    case "template":
      advance()
      block.statements.append(try parseCall(token))
    case "block":
      advance()
      block.statements.append(try parseBlockDefinition(token))
    case "define":
      advance()
      try parseDefinition(token)
    case "break", "continue":
      advance()
      guard loops > 0 else { throw TemplateError(.syntax, "{{\(word)}} outside {{range}}", at: token.offset) }
      try expectClose(after: word)
      block.statements.append(word == "break" ? .breakLoop : .continueLoop)
    default: block.statements.append(.action(try parsePipeline(in: "command", until: .close)))
    }
    return nil
  }

  private mutating func parseControl(_ word: String, _ token: Token) throws(TemplateError) -> Statement {
    let scope = variables.count
    defer { variables.removeLast(variables.count - scope) }
    let pipeline = try parsePipeline(in: word, until: .close)
    if word == "range" { loops += 1 }
    let (body, terminator) = try parseBlock()
    if word == "range" { loops -= 1 }
    let otherwise = try parseElse(terminator, of: word, token)
    switch word {
    case "if": return .condition(pipeline, body, otherwise: otherwise)
    case "with": return .with(pipeline, body, otherwise: otherwise)
    default: return .range(pipeline, body, otherwise: otherwise)
    }
  }

  private mutating func parseElse(
    _ terminator: Terminator, of word: String, _ token: Token
  ) throws(TemplateError) -> Block? {
    switch terminator {
    case .end: return nil
    case .endOfText:
      throw TemplateError(.syntax, "unexpected EOF: {{\(word)}} has no {{end}}", at: token.offset)
    case .elseBranch(let elseToken):
      skipSpace()
      if case .word(let following) = peek().kind, following == word, word != "range" {
        // `else if` is an if inside the else, and shares its end.
        let inner = next()
        try enter()
        defer { nesting -= 1 }
        return Block(statements: [try parseControl(word, inner)])
      }
      try expectClose(after: "else")
      let (block, end) = try parseBlock()
      guard case .end = end else {
        let problem = if case .elseBranch = end { "expected end; found {{else}}" } else { "unexpected EOF" }
        throw TemplateError(.syntax, problem, at: elseToken.offset)
      }
      return block
    }
  }

  private mutating func parseCall(_ token: Token) throws(TemplateError) -> Statement {
    let name = try parseName(in: "template clause")
    skipSpace()
    guard peek().kind != .close else {
      advance()
      return .call(name: name, nil, offset: token.offset)
    }
    return .call(name: name, try parsePipeline(in: "template clause", until: .close), offset: token.offset)
  }

  private mutating func parseBlockDefinition(_ token: Token) throws(TemplateError) -> Statement {
    let name = try parseName(in: "block clause")
    let pipeline = try parsePipeline(in: "block clause", until: .close)
    try parseNamedBody(name, token)
    return .call(name: name, pipeline, offset: token.offset)
  }

  private mutating func parseDefinition(_ token: Token) throws(TemplateError) {
    guard nesting == 1 else { throw TemplateError(.syntax, "unexpected {{define}}", at: token.offset) }
    let name = try parseName(in: "define clause")
    try expectClose(after: "define clause")
    try parseNamedBody(name, token)
  }

  /// A named template sees no variables but `$`, and is no part of a surrounding loop.
  private mutating func parseNamedBody(_ name: String, _ token: Token) throws(TemplateError) {
    let outer = (variables, loops)
    (variables, loops) = (["$"], 0)
    let (body, end) = try parseBlock()
    (variables, loops) = outer
    guard case .end = end else {
      let problem = if case .elseBranch = end { "unexpected {{else}} in define" } else { "unexpected EOF in define" }
      throw TemplateError(.syntax, problem, at: token.offset)
    }
    named[name] = body
  }

  private mutating func parseName(in context: String) throws(TemplateError) -> String {
    skipSpace()
    let token = next()
    guard case .string(let name) = token.kind else { throw unexpected(token, in: context) }
    return name
  }

  // MARK: Pipelines

  private mutating func parsePipeline(
    in context: String, until end: Token.Kind
  ) throws(TemplateError) -> Pipeline {
    skipSpace()
    var pipeline = Pipeline(offset: peek().offset)
    let declared = try parseVariables(into: &pipeline, in: context)
    while true {
      skipSpace()
      let token = peek()
      if token.kind == end {
        advance()
        try checkComplete(pipeline, token, in: context)
        variables += declared
        return pipeline
      }
      pipeline.commands.append(try parseCommand(in: context, until: end))
    }
  }

  private func checkComplete(_ pipeline: Pipeline, _ token: Token, in context: String) throws(TemplateError) {
    guard let first = pipeline.commands.first else {
      throw TemplateError(.syntax, "missing value for \(context)", at: token.offset)
    }
    _ = first
    for (index, command) in pipeline.commands.enumerated().dropFirst() {
      guard let operand = command.operands.first else { continue }
      switch operand.kind {
      case .bool, .dot, .null, .int, .float, .complex, .string:
        throw TemplateError(
          .syntax, "non executable command in pipeline stage \(index + 1)", at: operand.offset)
      case .field, .variable, .chain, .function, .pipeline: break
      }
    }
  }

  /// `$x :=`, `$x =`, `$i, $x :=`. Returns the names that come into scope behind the pipeline.
  private mutating func parseVariables(
    into pipeline: inout Pipeline, in context: String
  ) throws(TemplateError) -> [String] {
    guard case .variable(let first) = peek().kind else { return [] }
    let start = position
    advance()
    skipSpace()
    var names = [first]
    if peek().kind == .comma, context == "range" {
      advance()
      skipSpace()
      let second = next()
      guard case .variable(let name) = second.kind else { throw unexpected(second, in: "range") }
      names.append(name)
      skipSpace()
    } else if peek().kind == .comma {
      throw TemplateError(.syntax, "too many declarations in \(context)", at: peek().offset)
    }
    switch peek().kind {
    case .declare: pipeline.isAssignment = false
    case .assign: pipeline.isAssignment = true
    default:
      guard names.count == 1 else { throw unexpected(peek(), in: "range") }
      position = start
      return []
    }
    advance()
    pipeline.variables = names
    guard pipeline.isAssignment else { return names }
    for name in names where !variables.contains(name) {
      throw TemplateError(.syntax, "undefined variable \"\(name)\"", at: pipeline.offset)
    }
    return []
  }

  private mutating func parseCommand(in context: String, until end: Token.Kind) throws(TemplateError) -> Command {
    var command = Command(operands: [], offset: peek().offset)
    while true {
      skipSpace()
      if let operand = try parseOperand() { command.operands.append(operand) }
      let token = peek()
      switch token.kind {
      case .space: continue
      case end: break
      case .pipe:
        advance()
        skipSpace()
        if peek().kind == end || peek().kind == .pipe {
          throw TemplateError(.syntax, "missing value for \(context)", at: peek().offset)
        }
      default: throw unexpected(token, in: "operand")
      }
      break
    }
    guard !command.operands.isEmpty else { throw TemplateError(.syntax, "empty command", at: command.offset) }
    return command
  }

  /// A term and the fields behind it; nil where no term begins.
  private mutating func parseOperand() throws(TemplateError) -> Operand? {
    guard let term = try parseTerm() else { return nil }
    var fields: [String] = []
    while case .field(let name) = peek().kind {
      fields.append(name)
      advance()
    }
    guard !fields.isEmpty else { return term }
    let source = term.source + fields.map { "." + $0 }.joined()
    switch term.kind {
    case .field(let path): return Operand(kind: .field(path + fields), source: source, offset: term.offset)
    case .variable(let path): return Operand(kind: .variable(path + fields), source: source, offset: term.offset)
    case .bool, .string, .int, .float, .complex, .null, .dot:
      throw TemplateError(.syntax, "unexpected . after term \"\(term.source)\"", at: term.offset)
    case .chain, .function, .pipeline:
      return Operand(kind: .chain(term, fields), source: source, offset: term.offset)
    }
  }

  private mutating func parseTerm() throws(TemplateError) -> Operand? {
    let token = peek()
    let kind: Operand.Kind
    switch token.kind {
    case .word("nil"): kind = .null
    case .word(let name):
      guard let function = Function.named(name) else {
        throw TemplateError(.syntax, Function.unknown(name), at: token.offset)
      }
      kind = .function(function)
    case .dot: kind = .dot
    case .variable(let name):
      guard variables.contains(name) else {
        throw TemplateError(.syntax, "undefined variable \"\(name)\"", at: token.offset)
      }
      kind = .variable([name])
    case .field(let name): kind = .field([name])
    case .bool(let flag): kind = .bool(flag)
    case .character(let scalar): kind = .int(Int64(scalar))
    case .number(let text): kind = try NumberLiteral.kind(of: text, at: token.offset)
    case .string(let text): kind = .string(text)
    case .leftParenthesis: return try parseParenthesis()
    default: return nil
    }
    advance()
    return Operand(kind: kind, source: token.source, offset: token.offset)
  }

  private mutating func parseParenthesis() throws(TemplateError) -> Operand {
    try enter()
    defer { nesting -= 1 }
    let open = next()
    let pipeline = try parsePipeline(in: "parenthesized pipeline", until: .rightParenthesis)
    return Operand(kind: .pipeline(pipeline), source: "(…)", offset: open.offset)
  }

  // MARK: Tokens

  private mutating func enter() throws(TemplateError) {
    nesting += 1
    guard nesting <= Self.maximumNesting else {
      throw TemplateError(.limit, "nested deeper than the limit of \(Self.maximumNesting)", at: peek().offset)
    }
  }

  private var lastOffset: Int { tokens[max(0, position - 1)].offset }

  private func peek() -> Token { tokens[min(position, tokens.count - 1)] }

  private mutating func advance() { position = min(position + 1, tokens.count) }

  private mutating func next() -> Token {
    let token = peek()
    advance()
    return token
  }

  private mutating func skipSpace() {
    while peek().kind == .space { advance() }
  }

  private mutating func expectClose(after what: String) throws(TemplateError) {
    skipSpace()
    let token = next()
    guard token.kind == .close else { throw unexpected(token, in: what) }
  }

  private func unexpected(_ token: Token, in context: String) -> TemplateError {
    TemplateError(.syntax, "unexpected \(token.shown) in \(context)", at: token.offset)
  }
}
