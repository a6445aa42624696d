/// A recursive-descent reader over bytes; its depth is bounded well below any thread's stack.
struct JSONReader {
  /// What is wrong, and where.
  struct Problem: Error {
    var code: String
    var message: String
    var mark: SourceMark
    var help: String?

    func diagnostic(file: String) -> Diagnostic {
      Diagnostic("json.\(code)", message, at: SourceLocation(file: file, mark: mark), help: help)
    }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private let limits: TextLimits
  private var position = 0
  private var line: UInt32 = 1
  private var lineStart = 0
  private var depth = 0
  private var keys = KeyCache()

  init(_ bytes: UnsafeBufferPointer<UInt8>, limits: TextLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func readDocument() throws(Problem) -> Node {
    guard bytes.count <= limits.bytes else {
      throw Problem(code: "too-large", message: "the text has more than \(limits.bytes) bytes", mark: .none)
    }
    skipSpace()
    let node = try readValue()
    skipSpace()
    guard position == bytes.count else { throw problem("syntax", "text after the end of the value") }
    return node
  }

  private var mark: SourceMark {
    SourceMark(line: line, column: UInt32(clamping: position - lineStart + 1))
  }

  private func problem(_ code: String, _ message: String, help: String? = nil) -> Problem {
    Problem(code: code, message: message, mark: mark, help: help)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0D: position += 1
      case 0x0A:
        position += 1
        line &+= 1
        lineStart = position
      default: return
      }
    }
  }

  private mutating func readValue() throws(Problem) -> Node {
    let start = mark
    switch next {
    case UInt8(ascii: "{"): return Node(.mapping(try readObject()), mark: start, style: .flow)
    case UInt8(ascii: "["): return Node(.sequence(try readArray()), mark: start, style: .flow)
    case UInt8(ascii: "\""): return Node(.string(try readString(isKey: false)), mark: start, style: .doubleQuoted)
    case UInt8(ascii: "t"): return Node(try readWord("true", .bool(true)), mark: start)
    case UInt8(ascii: "f"): return Node(try readWord("false", .bool(false)), mark: start)
    case UInt8(ascii: "n"): return Node(try readWord("null", .null), mark: start)
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return Node(try readNumber(), mark: start)
    case nil: throw problem("syntax", "the text ends where a value is due")
    case let byte?: throw problem("syntax", "\(Self.name(of: byte)) where a value is due")
    }
  }

  private static func name(of byte: UInt8) -> String {
    (0x21...0x7E).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
  }

  private mutating func enter() throws(Problem) {
    depth += 1
    guard depth <= limits.depth else { throw problem("too-deep", "nested deeper than \(limits.depth) levels") }
    position += 1
    skipSpace()
  }

  private mutating func readArray() throws(Problem) -> [Node] {
    try enter()
    defer { depth -= 1 }
    var nodes: [Node] = []
    if next == UInt8(ascii: "]") {
      position += 1
      return nodes
    }
    while true {
      nodes.append(try readValue())
      if try endsList(with: UInt8(ascii: "]")) { return nodes }
    }
  }

  /// After an element: takes the comma, or the end.
  private mutating func endsList(with end: UInt8) throws(Problem) -> Bool {
    skipSpace()
    switch next {
    case UInt8(ascii: ","):
      position += 1
      skipSpace()
      return false
    case end:
      position += 1
      return true
    case nil: throw problem("syntax", "the text ends inside \(end == UInt8(ascii: "]") ? "an array" : "an object")")
    case let byte?:
      throw problem("syntax", "\(Self.name(of: byte)) where ',' or \(Self.name(of: end)) is due")
    }
  }

  private mutating func readObject() throws(Problem) -> Mapping {
    try enter()
    defer { depth -= 1 }
    var mapping = Mapping()
    if next == UInt8(ascii: "}") {
      position += 1
      return mapping
    }
    while true {
      guard next == UInt8(ascii: "\"") else { throw problem("syntax", "an object's key must be a string in quotes") }
      let keyMark = mark
      let key = try readString(isKey: true)
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw problem("syntax", "':' is due after a key") }
      position += 1
      skipSpace()
      let value = try readValue()
      guard mapping.append(.init(key: key, keyMark: keyMark, value: value)) else {
        throw Problem(
          code: "duplicate-key", message: "key '\(key)' is there twice", mark: keyMark,
          help: "keep one of the two")
      }
      if try endsList(with: UInt8(ascii: "}")) { return mapping }
    }
  }

  private mutating func readWord(_ word: StaticString, _ value: Value) throws(Problem) -> Value {
    let length = word.utf8CodeUnitCount
    guard position + length <= bytes.count,
      (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else {
      throw problem("syntax", "a bare word that is not true, false or null", help: "put strings in double quotes")
    }
    position += length
    return value
  }
}

// MARK: - Numbers

extension JSONReader {
  private mutating func readNumber() throws(Problem) -> Value {
    let start = position
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let firstDigit = position
    var magnitude: UInt64 = 0
    var fits = true
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      if fits {
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        fits = !overflow && !carry
        magnitude = sum
      }
      position += 1
    }
    let digits = position - firstDigit
    guard digits > 0 else { throw problem("syntax", "a number needs a digit") }
    guard digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
      throw problem("syntax", "a number must not begin with 0")
    }
    let isWhole = try !skipFractionAndExponent()
    if isWhole, fits, let value = Self.integer(magnitude, isNegative) { return value }
    return try double(from: start)
  }

  private static func integer(_ magnitude: UInt64, _ isNegative: Bool) -> Value? {
    if let number = Int64(exactly: magnitude) { return .int(isNegative ? -number : number) }
    if !isNegative { return .uint(magnitude) }
    return magnitude == UInt64(Int64.max) + 1 ? .int(Int64.min) : nil
  }

  private mutating func skipFractionAndExponent() throws(Problem) -> Bool {
    var found = false
    if next == UInt8(ascii: ".") {
      position += 1
      try skipDigits()
      found = true
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try skipDigits()
      found = true
    }
    return found
  }

  private mutating func skipDigits() throws(Problem) {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    if position == start { throw problem("syntax", "a number needs a digit here") }
  }

  private func double(from start: Int) throws(Problem) -> Value {
    let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw problem("number", "a number beyond what 64-bit floating point holds")
    }
    return .double(number)
  }
}

// MARK: - Strings

extension JSONReader {
  private mutating func readString(isKey: Bool) throws(Problem) -> String {
    position += 1
    let start = position
    var isASCII = true
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard isASCII || Self.isValid(text) else { throw problem("utf8", "a string that is not valid UTF-8") }
        position += 1
        return isKey ? keys.string(text) : String(decoding: text, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\") { return try readEscaped(from: start) }
      if byte < 0x20 { throw controlCharacter() }
      if byte >= 0x80 { isASCII = false }
      position += 1
    }
    throw problem("syntax", "the text ends inside a string")
  }

  private func controlCharacter() -> Problem {
    problem("syntax", "a control character inside a string", help: "write it as an escape, such as \\n or \\t")
  }

  private static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    String(validating: text, as: UTF8.self) != nil
  }

  /// Reads on from the first backslash.
  private mutating func readEscaped(from start: Int) throws(Problem) -> String {
    var text = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw problem("utf8", "a string that is not valid UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        position += 1
        try readEscape(into: &text)
      case 0..<0x20: throw controlCharacter()
      default:
        text.append(byte)
        position += 1
      }
    }
    throw problem("syntax", "the text ends inside a string")
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(Problem) {
    guard let byte = next else { throw problem("syntax", "the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text += Array(String(Character(try readUnicodeEscape())).utf8)
    default: throw problem("syntax", "an unknown escape in a string")
    }
  }

  /// Surrogates come in pairs; a lone one becomes U+FFFD, as Go and the API server read it.
  private mutating func readUnicodeEscape() throws(Problem) -> UnicodeScalar {
    let replacement: UnicodeScalar = "\u{FFFD}"
    let first = try readHex()
    guard (0xD800..<0xDC00).contains(first) else { return UnicodeScalar(first) ?? replacement }
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let before = position
    position += 2
    let second = try readHex()
    guard (0xDC00..<0xE000).contains(second) else {
      position = before
      return replacement
    }
    return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func readHex() throws(Problem) -> UInt32 {
    guard position + 4 <= bytes.count else { throw problem("syntax", "the text ends inside a string") }
    var number: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[position]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw problem("syntax", "\\u needs four hexadecimal digits")
      }
      number = number << 4 | UInt32(digit)
      position += 1
    }
    return number
  }
}
