/// The words of a jq expression.
enum QueryToken: Equatable {
  case symbol(String)
  /// A name or a keyword.
  case word(String)
  /// `.name` in one.
  case field(String)
  case string(String)
  case number(Double)
}

/// What is wrong with an expression.
struct QueryProblem: Error, Equatable {
  var message: String
  /// Whether it may be right, but is more than is understood here.
  var isUnsupported = false
}

/// Splits an expression into words.
struct QueryLexer {
  private static let symbols = [
    "..", "==", "!=", "<=", ">=", "//", ".", "[", "]", "(", ")", "{", "}", "|", ",", ":", ";", "?", "<", ">", "+", "-",
    "*",
    "/", "%", "$", "=", "@",
  ]

  private var rest: Substring

  private init(_ text: String) { rest = text[...] }

  static func tokens(_ text: String) throws(QueryProblem) -> [QueryToken] {
    var lexer = QueryLexer(text)
    var tokens: [QueryToken] = []
    while let token = try lexer.next() { tokens.append(token) }
    return tokens
  }

  private mutating func next() throws(QueryProblem) -> QueryToken? {
    rest = rest.drop { $0.isWhitespace }
    guard let first = rest.first else { return nil }
    if first == "#" { throw QueryProblem(message: "comments are not understood", isUnsupported: true) }
    if first == "\"" { return .string(try string()) }
    if first == ".", let second = rest.dropFirst().first, second.isLetter || second == "_" {
      rest.removeFirst()
      return .field(word())
    }
    if first.isASCII, first.isNumber { return try number() }
    if first.isLetter || first == "_" { return .word(word()) }
    guard let symbol = Self.symbols.first(where: { rest.hasPrefix($0) }) else {
      throw QueryProblem(message: "unexpected character")
    }
    rest = rest.dropFirst(symbol.count)
    return .symbol(symbol)
  }

  private mutating func word() -> String {
    let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
    rest = rest.dropFirst(max(word.count, 1))
    return String(word)
  }

  private mutating func number() throws(QueryProblem) -> QueryToken {
    let text = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") || $0 == "e" || $0 == "E" }
    rest = rest.dropFirst(text.count)
    guard let number = Double(text), number.isFinite else { throw QueryProblem(message: "bad number") }
    return .number(number)
  }

  private mutating func string() throws(QueryProblem) -> String {
    rest.removeFirst()
    var text = ""
    while let character = rest.popFirst() {
      if character == "\"" { return text }
      guard character == "\\" else {
        text.append(character)
        continue
      }
      switch rest.popFirst() {
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "\"": text.append("\"")
      case "\\": text.append("\\")
      case "/": text.append("/")
      case "u": text.unicodeScalars.append(try scalar())
      case "(": throw QueryProblem(message: "string interpolation is not understood", isUnsupported: true)
      default: throw QueryProblem(message: "bad escape in a string")
      }
    }
    throw QueryProblem(message: "a string is not closed")
  }

  private mutating func scalar() throws(QueryProblem) -> Unicode.Scalar {
    let digits = rest.prefix(4)
    rest = rest.dropFirst(4)
    guard digits.count == 4, let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) else {
      throw QueryProblem(message: "bad escape in a string")
    }
    return scalar
  }
}
