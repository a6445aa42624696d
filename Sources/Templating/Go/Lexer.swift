/// Cuts a Go template into tokens (Go's text/template syntax, trim markers and comments included).
struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var tokens: [Token] = []
  private var parentheses = 0

  private init(_ text: String) { bytes = Array(text.utf8) }

  static func tokens(of text: String) throws(TemplateError) -> [Token] {
    var lexer = Lexer(text)
    try lexer.run()
    return lexer.tokens
  }

  private mutating func run() throws(TemplateError) {
    while position < bytes.count {
      guard let open = find("{{", from: position) else { break }
      try lexText(upTo: open)
      try lexTag()
    }
    if position < bytes.count { add(.text(string(position, bytes.count)), from: position, to: bytes.count) }
    add(.end, from: bytes.count, to: bytes.count)
  }

  /// Text before a tag, its trailing white space trimmed when the tag begins with `{{- `.
  private mutating func lexText(upTo open: Int) throws(TemplateError) {
    let trims = isTrimOpen(open)
    var end = open
    while trims, end > position, Self.isSpace(bytes[end - 1]) { end -= 1 }
    if end > position { add(.text(string(position, end)), from: position, to: end) }
    position = open + 2 + (trims ? 1 : 0)
  }

  private mutating func lexTag() throws(TemplateError) {
    let open = position - (position >= 3 && bytes[position - 1] == UInt8(ascii: "-") ? 3 : 2)
    if try skipComment(open: open) { return }
    add(.open, from: open, to: position)
    parentheses = 0
    while true {
      guard position < bytes.count else { throw TemplateError(.syntax, "unclosed action", at: open) }
      if closesHere() { return try close() }
      try lexInside()
    }
  }

  private func isTrimOpen(_ open: Int) -> Bool {
    open + 3 < bytes.count && bytes[open + 2] == UInt8(ascii: "-") && Self.isSpace(bytes[open + 3])
  }

  /// A comment stands alone in its tag.
  private mutating func skipComment(open: Int) throws(TemplateError) -> Bool {
    var start = position
    while start < bytes.count, start > open + 2, Self.isSpace(bytes[start]) { start += 1 }
    guard matches("/*", at: start) else { return false }
    guard let end = find("*/", from: start + 2) else { throw TemplateError(.syntax, "unclosed comment", at: open) }
    position = end + 2
    guard closesHere() else {
      throw TemplateError(.syntax, "comment ends before closing delimiter", at: position)
    }
    skipClose()
    return true
  }

  private func closesHere() -> Bool {
    matches("}}", at: position)
      || position > 0 && Self.isSpace(bytes[position]) && matches("-}}", at: position + 1)
  }

  private mutating func close() throws(TemplateError) {
    guard parentheses == 0 else { throw TemplateError(.syntax, "unclosed left parenthesis", at: position) }
    let start = position
    skipClose()
    add(.close, from: start, to: position)
  }

  private mutating func skipClose() {
    if matches("}}", at: position) {
      position += 2
    } else {
      position += 4
      while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }
  }

  private mutating func lexInside() throws(TemplateError) {
    let start = position
    let byte = bytes[position]
    switch byte {
    case _ where Self.isSpace(byte): lexSpace()
    case UInt8(ascii: "\""): add(.string(try lexQuoted()), from: start, to: position)
    case UInt8(ascii: "`"): add(.string(try lexRaw()), from: start, to: position)
    case UInt8(ascii: "'"): add(.character(try lexCharacter()), from: start, to: position)
    case UInt8(ascii: "$"):
      position += 1
      skipName()
      add(.variable(string(start, position)), from: start, to: position)
    case UInt8(ascii: "."): lexDot()
    case _ where Self.isDigit(byte), UInt8(ascii: "+"), UInt8(ascii: "-"): try lexNumber()
    case _ where Self.isNameByte(byte): lexWord()
    default: try lexSymbol()
    }
  }

  private mutating func lexSpace() {
    let start = position
    while position < bytes.count, Self.isSpace(bytes[position]), !matches("-}}", at: position + 1) { position += 1 }
    if position == start { position += 1 }
    add(.space, from: start, to: position)
  }

  private mutating func lexDot() {
    let start = position
    position += 1
    if position < bytes.count, Self.isDigit(bytes[position]) {
      skipNumber()
      return add(.number(string(start, position)), from: start, to: position)
    }
    skipName()
    let name = string(start + 1, position)
    add(name.isEmpty ? .dot : .field(name), from: start, to: position)
  }

  private mutating func lexNumber() throws(TemplateError) {
    let start = position
    position += 1
    skipNumber()
    skipImaginary()
    let text = string(start, position)
    guard text.utf8.contains(where: Self.isDigit) else {
      throw TemplateError(.syntax, "bad number syntax: \"\(text)\"", at: start)
    }
    add(.number(text), from: start, to: position)
  }

  /// `+2i` behind a number; what ends otherwise is no complex number.
  private mutating func skipImaginary() {
    guard position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) else { return }
    let end = position
    position += 1
    skipNumber()
    if bytes[position - 1] != UInt8(ascii: "i") { position = end }
  }

  private mutating func skipNumber() {
    while position < bytes.count {
      let byte = bytes[position]
      let afterExponent = [UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "p"), UInt8(ascii: "P")]
        .contains(bytes[position - 1])
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      guard Self.isNameByte(byte) || byte == UInt8(ascii: ".") || isSign && afterExponent else { return }
      position += 1
    }
  }

  private mutating func lexWord() {
    let start = position
    skipName()
    let word = string(start, position)
    switch word {
    case "true": add(.bool(true), from: start, to: position)
    case "false": add(.bool(false), from: start, to: position)
    default: add(.word(word), from: start, to: position)
    }
  }

  private mutating func lexSymbol() throws(TemplateError) {
    let start = position
    position += 1
    switch bytes[start] {
    case UInt8(ascii: "|"): add(.pipe, from: start, to: position)
    case UInt8(ascii: ","): add(.comma, from: start, to: position)
    case UInt8(ascii: "="): add(.assign, from: start, to: position)
    case UInt8(ascii: "("):
      parentheses += 1
      add(.leftParenthesis, from: start, to: position)
    case UInt8(ascii: ")"):
      parentheses -= 1
      guard parentheses >= 0 else { throw TemplateError(.syntax, "unexpected right parenthesis", at: start) }
      add(.rightParenthesis, from: start, to: position)
    case UInt8(ascii: ":"):
      guard matches("=", at: position) else { throw TemplateError(.syntax, "expected :=", at: start) }
      position += 1
      add(.declare, from: start, to: position)
    default:
      throw TemplateError(.syntax, "unexpected character in action: \(shownCharacter(at: start))", at: start)
    }
  }

  private func shownCharacter(at start: Int) -> String {
    String(decoding: bytes[start..<min(start + 4, bytes.count)], as: UTF8.self).first.map { "'\($0)'" } ?? "''"
  }

  // MARK: Literals

  private mutating func lexQuoted() throws(TemplateError) -> String {
    let start = position
    position += 1
    var out: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return String(decoding: out, as: UTF8.self)
      }
      position += 1
      if byte == UInt8(ascii: "\\") {
        try lexEscape(quote: UInt8(ascii: "\""), into: &out)
      } else {
        out.append(byte)
      }
    }
    throw TemplateError(.syntax, "unterminated quoted string", at: start)
  }

  private mutating func lexRaw() throws(TemplateError) -> String {
    let start = position
    guard let end = find("`", from: position + 1) else {
      throw TemplateError(.syntax, "unterminated raw quoted string", at: start)
    }
    position = end + 1
    return string(start + 1, end)
  }

  private mutating func lexCharacter() throws(TemplateError) -> UInt32 {
    let start = position
    position += 1
    var out: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "'"), bytes[position] != UInt8(ascii: "\n") {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\\") {
        try lexEscape(quote: UInt8(ascii: "'"), into: &out)
      } else {
        out.append(byte)
      }
    }
    let scalars = Array(String(decoding: out, as: UTF8.self).unicodeScalars)
    guard matches("'", at: position), scalars.count == 1 else {
      throw TemplateError(.syntax, "malformed character constant", at: start)
    }
    position += 1
    return scalars[0].value
  }

  /// A Go escape, the backslash read already.
  private mutating func lexEscape(quote: UInt8, into out: inout [UInt8]) throws(TemplateError) {
    guard position < bytes.count else { throw TemplateError(.syntax, "unterminated quoted string", at: position) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(10)
    case UInt8(ascii: "t"): out.append(9)
    case UInt8(ascii: "r"): out.append(13)
    case UInt8(ascii: "a"): out.append(7)
    case UInt8(ascii: "b"): out.append(8)
    case UInt8(ascii: "f"): out.append(12)
    case UInt8(ascii: "v"): out.append(11)
    case UInt8(ascii: "\\"), quote: out.append(byte)
    case UInt8(ascii: "x"): out.append(UInt8(truncatingIfNeeded: try lexDigits(2, radix: 16)))
    case UInt8(ascii: "u"): try appendScalar(try lexDigits(4, radix: 16), to: &out)
    case UInt8(ascii: "U"): try appendScalar(try lexDigits(8, radix: 16), to: &out)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      out.append(UInt8(truncatingIfNeeded: try lexDigits(3, radix: 8)))
    default:
      throw TemplateError(.syntax, "unknown escape sequence in string", at: position - 2)
    }
  }

  private mutating func lexDigits(_ count: Int, radix: Int) throws(TemplateError) -> UInt32 {
    let end = position + count
    guard end <= bytes.count, let value = UInt32(string(position, end), radix: radix) else {
      throw TemplateError(.syntax, "malformed escape sequence in string", at: position)
    }
    position = end
    return value
  }

  private func appendScalar(_ value: UInt32, to out: inout [UInt8]) throws(TemplateError) {
    guard let scalar = Unicode.Scalar(value) else {
      throw TemplateError(.syntax, "escape sequence is invalid Unicode code point", at: position)
    }
    out += Array(String(Character(scalar)).utf8)
  }

  // MARK: Bytes

  private mutating func skipName() {
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
  }

  private mutating func add(_ kind: Token.Kind, from start: Int, to end: Int) {
    tokens.append(Token(kind: kind, offset: start, source: string(start, end)))
  }

  private func string(_ start: Int, _ end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }

  private func matches(_ text: StaticString, at start: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard start >= 0, start + count <= bytes.count else { return false }
    for index in 0..<count where bytes[start + index] != text.utf8Start[index] { return false }
    return true
  }

  private func find(_ text: StaticString, from start: Int) -> Int? {
    var index = start
    while index < bytes.count {
      if matches(text, at: index) { return index }
      index += 1
    }
    return nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 || byte == 10 }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
  /// Letters, digits, `_`, and every byte of a letter beyond ASCII.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == 95 || isDigit(byte) || (byte | 32) >= 97 && (byte | 32) <= 122
  }
}
