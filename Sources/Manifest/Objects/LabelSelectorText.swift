extension LabelSelector {
  /// Reads the text form: requirements with commas between, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k`,
  /// `!k`, `k>1`, `k<1`. The empty text selects everything.
  package init(_ text: String) throws(Problem) {
    var reader = LabelSelectorReader(text)
    self.init(try reader.read())
  }
}

/// A recursive-descent reader of the text form.
private struct LabelSelectorReader {
  private enum Token: Equatable {
    case word(String)
    case comma, open, close, not, equals, notEquals, greater, less
    case end

    var shown: String {
      switch self {
      case .word(let text): "'\(text)'"
      case .comma: "','"
      case .open: "'('"
      case .close: "')'"
      case .not: "'!'"
      case .equals: "'='"
      case .notEquals: "'!='"
      case .greater: "'>'"
      case .less: "'<'"
      case .end: "the end"
      }
    }
  }

  private static let maximumBytes = 64 << 10

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var tokenStart = 0

  init(_ text: String) {
    // One more than allowed, so that what is too long is seen as such.
    scalars = Array(text.unicodeScalars.prefix(Self.maximumBytes + 1))
  }

  mutating func read() throws(LabelSelector.Problem) -> [LabelSelector.Requirement] {
    guard scalars.count <= Self.maximumBytes else {
      throw LabelSelector.Problem("a selector of more than \(Self.maximumBytes) characters", at: .offset(0))
    }
    var requirements: [LabelSelector.Requirement] = []
    var token = next()
    if token == .end { return [] }
    while true {
      requirements.append(try readRequirement(&token))
      switch token {
      case .end: return requirements
      case .comma:
        token = next()
        if token == .end { throw unexpected(token, wanted: "a label key after ','") }
      default: throw unexpected(token, wanted: "',' or the end")
      }
    }
  }

  /// Leaves in `token` what follows the requirement.
  private mutating func readRequirement(
    _ token: inout Token
  ) throws(LabelSelector.Problem) -> LabelSelector.Requirement {
    let start = tokenStart
    if token == .not {
      let key = try word(next(), wanted: "a label key after '!'")
      token = next()
      return try requirement(start, key, .doesNotExist, [])
    }
    let key = try word(token, wanted: "a label key")
    token = next()
    switch token {
    case .equals: return try requirement(start, key, .in, [readValue(&token)])
    case .notEquals: return try requirement(start, key, .notIn, [readValue(&token)])
    case .greater: return try requirement(start, key, .greaterThan, [readValue(&token)])
    case .less: return try requirement(start, key, .lessThan, [readValue(&token)])
    case .word("in"): return try requirement(start, key, .in, readSet(&token))
    case .word("notin"): return try requirement(start, key, .notIn, readSet(&token))
    case .comma, .end: return try requirement(start, key, .exists, [])
    default: throw unexpected(token, wanted: "an operator (=, ==, !=, in, notin, >, <)")
    }
  }

  private func requirement(
    _ start: Int, _ key: String, _ operator: LabelSelector.Operator, _ values: [String]
  ) throws(LabelSelector.Problem) -> LabelSelector.Requirement {
    do throws(LabelSelector.Problem) {
      return try LabelSelector.Requirement(key, `operator`, values)
    } catch {
      throw LabelSelector.Problem(error.message, at: .offset(start))
    }
  }

  /// A value may be empty: `k=`.
  private mutating func readValue(_ token: inout Token) throws(LabelSelector.Problem) -> String {
    token = next()
    if token == .comma || token == .end { return "" }
    let value = try word(token, wanted: "a value")
    token = next()
    return value
  }

  private mutating func readSet(_ token: inout Token) throws(LabelSelector.Problem) -> [String] {
    token = next()
    guard token == .open else { throw unexpected(token, wanted: "'(' after 'in' or 'notin'") }
    var values: [String] = []
    var value: String?
    while true {
      token = next()
      switch token {
      case .word(let text):
        guard value == nil else { throw unexpected(token, wanted: "',' or ')'") }
        value = text
      case .comma:
        values.append(value ?? "")
        value = nil
      case .close:
        if value != nil || !values.isEmpty { values.append(value ?? "") }
        token = next()
        return values
      default: throw unexpected(token, wanted: "',' or ')'")
      }
    }
  }

  private func word(_ token: Token, wanted: String) throws(LabelSelector.Problem) -> String {
    guard case .word(let text) = token else { throw unexpected(token, wanted: wanted) }
    return text
  }

  private func unexpected(_ token: Token, wanted: String) -> LabelSelector.Problem {
    LabelSelector.Problem("\(token.shown) where \(wanted) is due", at: .offset(tokenStart))
  }

  private mutating func next() -> Token {
    while position < scalars.count, Self.isSpace(scalars[position]) { position += 1 }
    tokenStart = position
    guard position < scalars.count else { return .end }
    let scalar = scalars[position]
    position += 1
    switch scalar {
    case ",": return .comma
    case "(": return .open
    case ")": return .close
    case ">": return .greater
    case "<": return .less
    case "=":
      take("=")
      return .equals
    case "!": return take("=") ? .notEquals : .not
    default:
      while position < scalars.count, !Self.endsWord(scalars[position]) { position += 1 }
      return .word(String(String.UnicodeScalarView(scalars[tokenStart..<position])))
    }
  }

  @discardableResult
  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard position < scalars.count, scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
  }

  private static func endsWord(_ scalar: Unicode.Scalar) -> Bool {
    isSpace(scalar) || ",()<>=!".unicodeScalars.contains(scalar)
  }
}
