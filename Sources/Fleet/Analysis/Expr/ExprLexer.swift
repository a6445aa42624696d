/// A token of expr.
struct ExprToken: Sendable, Equatable {
  enum Kind: Sendable { case identifier, number, string, operation, bracket, end }

  var kind: Kind
  /// The text; of a string what it stands for.
  var text: String
  /// Unicode scalars from the start.
  var offset: Int

  func isOperation(_ text: String) -> Bool { kind == .operation && self.text == text }
  func isBracket(_ text: String) -> Bool { kind == .bracket && self.text == text }

  /// For messages.
  var shown: String { kind == .end ? "end of the expression" : "'\(text)'" }
}

/// Splits the text of an expression into tokens, by the rules of expr's lexer.
struct ExprLexer {
  private static let words: Set<String> = [
    "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else",
  ]
  private static let negatable: Set<String> = ["in", "matches", "contains", "startsWith", "endsWith"]

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var tokens: [ExprToken] = []

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// The tokens, the last of which is the end.
  static func tokens(of text: String) throws(ExprError) -> [ExprToken] {
    var lexer = ExprLexer(text)
    while try lexer.readToken() {}
    lexer.tokens.append(ExprToken(kind: .end, text: "", offset: max(lexer.scalars.count - 1, 0)))
    return lexer.tokens
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func accept(_ set: String) -> Bool {
    guard let current, set.unicodeScalars.contains(current) else { return false }
    position += 1
    return true
  }

  private mutating func emit(_ kind: ExprToken.Kind, from start: Int) {
    tokens.append(ExprToken(kind: kind, text: text(from: start), offset: start))
  }

  private func text(from start: Int) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start..<position])
    return String(text)
  }

  /// False at the end.
  private mutating func readToken() throws(ExprError) -> Bool {
    guard let first = current else { return false }
    let start = position
    if Self.isSpace(first) {
      position += 1
      return true
    }
    switch first {
    case "'", "\"": try readString(first)
    case "`": try readRawString()
    case "b", "B":
      if position + 1 < scalars.count, scalars[position + 1] == "'" || scalars[position + 1] == "\"" {
        throw ExprError(.syntax, "byte literals are not supported", at: start)
      }
      readWord()
    case "0"..."9": try readNumber()
    case "?":
      position += 1
      _ = accept(".?")
      emit(.operation, from: start)
    case "/": try readSlash()
    case "#": readPointer()
    case "|", ":":
      position += 1
      _ = accept(String(first))
      emit(.operation, from: start)
    case "(", "[", "{", ")", "]", "}":
      position += 1
      emit(.bracket, from: start)
    case ",", ";", "%", "+", "-", "^":
      position += 1
      emit(.operation, from: start)
    case "&", "!", "=", "*", "<", ">":
      position += 1
      _ = accept("&=*")
      emit(.operation, from: start)
    case ".": try readDot()
    case _ where Self.isWord(first): readWord()
    default: throw ExprError(.syntax, "unrecognised character '\(first)'", at: start)
    }
    return true
  }

  private mutating func readDot() throws(ExprError) {
    let start = position
    if position + 1 < scalars.count, ("0"..."9").contains(scalars[position + 1]) { return try readNumber() }
    position += 1
    _ = accept(".")
    emit(.operation, from: start)
  }

  private mutating func readNumber() throws(ExprError) {
    let start = position
    var digits = "0123456789_"
    if accept("0") {
      if accept("xX") {
        digits = "0123456789abcdefABCDEF_"
      } else if accept("oO") {
        digits = "01234567_"
      } else if accept("bB") {
        digits = "01_"
      }
    }
    while accept(digits) {}
    let end = position
    if accept(".") {
      // `1..3` is a range.
      if current == "." {
        position = end
        return emit(.number, from: start)
      }
      while accept(digits) {}
    }
    if accept("eE") {
      _ = accept("+-")
      while accept(digits) {}
    }
    if let current, Self.isWord(current) || Self.isDigit(current) {
      position += 1
      throw ExprError(.syntax, "bad number '\(text(from: start))'", at: start)
    }
    emit(.number, from: start)
  }

  private mutating func readWord() {
    let start = position
    skipWord()
    let word = text(from: start)
    if word == "not" { return readNot(from: start) }
    emit(Self.words.contains(word) ? .operation : .identifier, from: start)
  }

  /// `not in` and its like are two tokens; anything else behind `not` is read as usual.
  private mutating func readNot(from start: Int) {
    emit(.operation, from: start)
    while accept(" ") {}
    let next = position
    skipWord()
    if Self.negatable.contains(text(from: next)) { emit(.operation, from: next) } else { position = next }
  }

  private mutating func skipWord() {
    while let current, Self.isWord(current) || Self.isDigit(current) { position += 1 }
  }

  /// `#`, `##`, and `#acc` as two tokens.
  private mutating func readPointer() {
    let start = position
    position += 1
    _ = accept("#")
    emit(.operation, from: start)
    let name = position
    skipWord()
    if position > name { emit(.identifier, from: name) }
  }

  private mutating func readSlash() throws(ExprError) {
    let start = position
    position += 1
    if accept("/") {
      while let current, current != "\n" { position += 1 }
    } else if accept("*") {
      while true {
        guard let scalar = current else { throw ExprError(.syntax, "the comment has no end", at: start) }
        position += 1
        if scalar == "*", accept("/") { return }
      }
    } else {
      emit(.operation, from: start)
    }
  }

  private mutating func readString(_ quote: Unicode.Scalar) throws(ExprError) {
    let start = position
    position += 1
    var value = String.UnicodeScalarView()
    while true {
      guard let scalar = current, scalar != "\n" else {
        throw ExprError(.syntax, "the text has no closing quote", at: start)
      }
      position += 1
      if scalar == quote { break }
      if scalar == "\\" { value.append(try readEscape(quote)) } else { value.append(scalar) }
    }
    tokens.append(ExprToken(kind: .string, text: String(value), offset: start))
  }

  private mutating func readRawString() throws(ExprError) {
    let start = position
    position += 1
    var value = String.UnicodeScalarView()
    while true {
      guard let scalar = current else { throw ExprError(.syntax, "the text has no closing quote", at: start) }
      position += 1
      // Two of them stand for one.
      if scalar == "`", !accept("`") { break }
      value.append(scalar)
    }
    tokens.append(ExprToken(kind: .string, text: String(value), offset: start))
  }

  private mutating func readEscape(_ quote: Unicode.Scalar) throws(ExprError) -> Unicode.Scalar {
    let start = position - 1
    guard let scalar = current else { throw ExprError(.syntax, "the text has no closing quote", at: start) }
    position += 1
    switch scalar {
    case "a": return "\u{07}"
    case "b": return "\u{08}"
    case "f": return "\u{0C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{0B}"
    case "\\", quote: return scalar
    case "0", "1", "2", "3":
      position -= 1
      return try readCode(radix: 8, digits: 3, from: start)
    case "x": return try readCode(radix: 16, digits: 2, from: start)
    case "u" where accept("{"):
      var digits = 0
      while position + digits < scalars.count, scalars[position + digits] != "}", digits < 7 { digits += 1 }
      let code = try readCode(radix: 16, digits: digits, from: start)
      guard digits <= 6, accept("}") else { throw Self.badEscape(start) }
      return code
    case "u": return try readCode(radix: 16, digits: 4, from: start)
    case "U": return try readCode(radix: 16, digits: 8, from: start)
    default: throw Self.badEscape(start)
    }
  }

  private mutating func readCode(radix: UInt32, digits: Int, from start: Int) throws(ExprError) -> Unicode.Scalar {
    guard digits > 0, position + digits <= scalars.count else { throw Self.badEscape(start) }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[position..<position + digits])
    guard !text.contains("+"), !text.contains("-"), let code = UInt32(String(text), radix: Int(radix)),
      let scalar = Unicode.Scalar(code)
    else { throw Self.badEscape(start) }
    position += digits
    return scalar
  }

  private static func badEscape(_ offset: Int) -> ExprError {
    ExprError(.syntax, "this is no escape that a text may have", at: offset)
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "_" || scalar == "$" { return true }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .decimalNumber
  }
}
