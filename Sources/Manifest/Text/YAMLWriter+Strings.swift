/// What a text allows: which scalar styles could carry it.
package struct ScalarShape {
  private(set) var hasBreaks = false
  package private(set) var allowsPlain = true
  private(set) var allowsSingleQuotes = true
  package private(set) var allowsBlock = true

  /// - Parameter allowsTabs: in blocks, as goyaml v3 has it.
  package init(of text: UnsafeBufferPointer<UInt8>, allowsTabs: Bool = false) {
    guard !text.isEmpty else {
      allowsBlock = false
      return
    }
    var hasIndicator = text.count >= 3 && (Self.isMarker(text, 0x2D) || Self.isMarker(text, 0x2E))
    var special = false
    var breakThenSpace = false
    var spaceThenBreak = false
    var edges = false
    var previous = Kind.other
    var afterBlank = true
    var position = 0
    while position < text.count {
      let scalar = UTF8Scalar(in: text, at: position)
      let next = position + scalar.width
      let beforeBlank = next >= text.count || Self.isBlank(text[next])
      if Self.isIndicator(text[position], first: position == 0, afterBlank: afterBlank, beforeBlank: beforeBlank) {
        hasIndicator = true
      }
      if !scalar.isPrintable && !(allowsTabs && scalar.value == 0x09) { special = true }
      let kind: Kind = text[position] == 0x20 ? .space : scalar.isBreak ? .lineBreak : .other
      if kind != .other && (position == 0 || next == text.count) {
        edges = true
        if kind == .space && next == text.count { allowsBlock = false }
      }
      if kind == .space && previous == .lineBreak { breakThenSpace = true }
      if kind == .lineBreak {
        hasBreaks = true
        if previous == .space { spaceThenBreak = true }
      }
      previous = kind
      afterBlank = Self.isBlank(text[position]) || scalar.isBreak || text[position] == 0
      position = next
    }
    if special || spaceThenBreak {
      allowsPlain = false
      allowsSingleQuotes = false
      allowsBlock = false
    }
    if breakThenSpace { allowsSingleQuotes = false }
    if edges || breakThenSpace || hasBreaks || hasIndicator { allowsPlain = false }
  }

  private enum Kind { case space, lineBreak, other }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isMarker(_ text: UnsafeBufferPointer<UInt8>, _ byte: UInt8) -> Bool {
    text[0] == byte && text[1] == byte && text[2] == byte
  }

  /// Whether a byte at this place would be read as syntax in block context.
  private static func isIndicator(_ byte: UInt8, first: Bool, afterBlank: Bool, beforeBlank: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: ":"): return beforeBlank
    case UInt8(ascii: "#"): return first || afterBlank
    case UInt8(ascii: "-"), UInt8(ascii: "?"): return first && beforeBlank
    case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
      UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: ">"),
      UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
      return first
    default: return false
    }
  }
}

/// One Unicode scalar of valid UTF-8 text.
struct UTF8Scalar {
  let value: UInt32
  let width: Int

  init(in text: UnsafeBufferPointer<UInt8>, at position: Int) {
    let lead = text[position]
    guard lead >= 0x80 else {
      value = UInt32(lead)
      width = 1
      return
    }
    let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    width = min(length, text.count - position)
    var scalar = UInt32(lead & (0xFF >> (UInt8(length) + 1)))
    for offset in 1..<max(width, 1) { scalar = scalar << 6 | UInt32(text[position + offset] & 0x3F) }
    value = scalar
  }

  /// Printable as goyaml v2 sees it: no tab, no DEL, no BOM, nothing beyond the basic plane.
  var isPrintable: Bool {
    switch value {
    case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD: value != 0xFEFF
    default: false
    }
  }

  var isBreak: Bool {
    switch value {
    case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}

extension YAMLWriter {
  mutating func writeString(_ text: UnsafeBufferPointer<UInt8>, asKey: Bool) {
    let shape = ScalarShape(of: text)
    let mayBreak = !asKey
    if text.contains(0x0A) {
      if shape.allowsBlock && !asKey { return writeLiteral(text) }
      return writeDoubleQuoted(text, mayBreak: mayBreak)
    }
    guard YAML11.readsAsString(text) else { return writeDoubleQuoted(text, mayBreak: mayBreak) }
    if shape.hasBreaks && asKey { return writeDoubleQuoted(text, mayBreak: mayBreak) }
    if shape.allowsPlain && !(text.isEmpty && asKey) { return writePlain(text, mayBreak: mayBreak) }
    if shape.allowsSingleQuotes { return writeSingleQuoted(text, mayBreak: mayBreak) }
    writeDoubleQuoted(text, mayBreak: mayBreak)
  }

  /// Appends the scalar at `position` and steps over it.
  private mutating func copy(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) {
    let width = text[position] < 0x80 ? 1 : UTF8Scalar(in: text, at: position).width
    for offset in 0..<width { out.append(text[position + offset]) }
    column += 1
    position += width
  }

  private mutating func writePlain(_ text: UnsafeBufferPointer<UInt8>, mayBreak: Bool) {
    if !afterSpace { put(0x20) }
    if text.count + column <= Self.lineWidth {
      // No place to fold at can come before the line is full.
      out.append(contentsOf: text)
      column += text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    } else {
      writeFoldable(text, mayBreak: mayBreak, quoted: false)
    }
    afterSpace = false
    inIndentation = false
  }

  private mutating func writeSingleQuoted(_ text: UnsafeBufferPointer<UInt8>, mayBreak: Bool) {
    writeIndicator("'", spaceBefore: true)
    writeFoldable(text, mayBreak: mayBreak, quoted: true)
    writeIndicator("'", spaceBefore: false)
    afterSpace = false
    inIndentation = false
  }

  /// Plain and single-quoted text: the first single space beyond the line's width becomes the line break.
  private mutating func writeFoldable(_ text: UnsafeBufferPointer<UInt8>, mayBreak: Bool, quoted: Bool) {
    var position = 0
    var afterBlank = false
    var afterBreak = false
    while position < text.count {
      let byte = text[position]
      if byte == 0x20 {
        let isInner = !quoted || (position > 0 && position < text.count - 1)
        let isSingle = !(position + 1 < text.count && text[position + 1] == 0x20)
        if mayBreak && !afterBlank && column > Self.lineWidth && isInner && isSingle {
          startLine()
          position += 1
        } else {
          copy(text, &position)
        }
        afterBlank = true
      } else if byte < 0x80 ? byte == 0x0D || byte == 0x0A : UTF8Scalar(in: text, at: position).isBreak {
        copyBreak(text, &position)
        inIndentation = true
        afterBreak = true
      } else {
        if afterBreak { startLine() }
        if quoted && byte == UInt8(ascii: "'") { put(byte) }
        copy(text, &position)
        inIndentation = false
        afterBlank = false
        afterBreak = false
      }
    }
  }

  /// A line break inside a scalar: kept as it is written, and the next column is the first.
  private mutating func copyBreak(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) {
    copy(text, &position)
    column = 0
  }

  private mutating func writeLiteral(_ text: UnsafeBufferPointer<UInt8>) {
    writeIndicator("|", spaceBefore: true)
    let first = UTF8Scalar(in: text, at: 0)
    if first.value == 0x20 || first.isBreak { writeIndicator("2", spaceBefore: false) }
    switch Self.trailingBreaks(in: text) {
    case 0: writeIndicator("-", spaceBefore: false)
    case 1 where text.count > 1: break
    default: writeIndicator("+", spaceBefore: false)
    }
    breakLine()
    inIndentation = true
    afterSpace = true
    var position = 0
    var afterBreak = true
    while position < text.count {
      if text[position] == 0x0A || UTF8Scalar(in: text, at: position).isBreak {
        copyBreak(text, &position)
        inIndentation = true
        afterBreak = true
      } else {
        if afterBreak { startLine() }
        copyLine(text, &position)
        inIndentation = false
        afterBreak = false
      }
    }
  }

  private mutating func copyLine(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) {
    let start = position
    while position < text.count {
      let byte = text[position]
      if byte == 0x0A || byte == 0x0D { break }
      if byte >= 0x80 {
        let scalar = UTF8Scalar(in: text, at: position)
        if scalar.isBreak { break }
        position += scalar.width
      } else {
        position += 1
      }
      column += 1
    }
    out.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<position]))
  }

  /// How many line breaks end the text: 0, 1, or 2 for more.
  private static func trailingBreaks(in text: UnsafeBufferPointer<UInt8>) -> Int {
    var end = text.count
    var count = 0
    while end > 0 && count < 2 {
      var start = end - 1
      while start > 0 && text[start] & 0xC0 == 0x80 { start -= 1 }
      guard UTF8Scalar(in: text, at: start).isBreak else { break }
      count += 1
      end = start
    }
    return count
  }

  private mutating func writeDoubleQuoted(_ text: UnsafeBufferPointer<UInt8>, mayBreak: Bool) {
    writeIndicator("\"", spaceBefore: true)
    // A text that begins with a byte order mark is escaped throughout.
    let escapesAll = text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
    var position = 0
    var afterBlank = false
    while position < text.count {
      let scalar = UTF8Scalar(in: text, at: position)
      if escapesAll || !scalar.isPrintable || scalar.isBreak || scalar.value == 0x22 || scalar.value == 0x5C {
        writeEscape(scalar.value)
        position += scalar.width
        afterBlank = false
      } else if scalar.value == 0x20 {
        if mayBreak && !afterBlank && column > Self.lineWidth && position > 0 && position < text.count - 1 {
          startLine()
          if text[position + 1] == 0x20 { put(UInt8(ascii: "\\")) }
          position += 1
        } else {
          copy(text, &position)
        }
        afterBlank = true
      } else {
        copy(text, &position)
        afterBlank = false
      }
    }
    writeIndicator("\"", spaceBefore: false)
    afterSpace = false
    inIndentation = false
  }

  private mutating func writeEscape(_ scalar: UInt32) {
    put(UInt8(ascii: "\\"))
    if let letter = Self.escapeLetter(scalar) { return put(letter) }
    let (prefix, digits): (UInt8, UInt32) =
      scalar <= 0xFF ? (UInt8(ascii: "x"), 2) : scalar <= 0xFFFF ? (UInt8(ascii: "u"), 4) : (UInt8(ascii: "U"), 8)
    put(prefix)
    for digit in (0..<digits).reversed() {
      let nibble = UInt8(truncatingIfNeeded: scalar >> (digit * 4) & 0xF)
      put(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10)
    }
  }

  private static func escapeLetter(_ scalar: UInt32) -> UInt8? {
    switch scalar {
    case 0x00: UInt8(ascii: "0")
    case 0x07: UInt8(ascii: "a")
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0B: UInt8(ascii: "v")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    case 0x1B: UInt8(ascii: "e")
    case 0x22: UInt8(ascii: "\"")
    case 0x5C: UInt8(ascii: "\\")
    case 0x85: UInt8(ascii: "N")
    case 0xA0: UInt8(ascii: "_")
    case 0x2028: UInt8(ascii: "L")
    case 0x2029: UInt8(ascii: "P")
    default: nil
    }
  }
}
