/// Text in Go's double quotes: strconv.Quote, `%q`.
enum GoQuote {
  /// - Parameter asciiOnly: whether everything beyond ASCII is escaped (`%+q`).
  static func quoted(_ text: String, asciiOnly: Bool = false) -> String {
    var out = "\""
    for scalar in text.unicodeScalars { append(scalar, quote: "\"", asciiOnly, to: &out) }
    return out + "\""
  }

  /// A letter in Go's single quotes: strconv.QuoteRune.
  static func quotedLetter(_ text: String, asciiOnly: Bool) -> String {
    var out = "'"
    for scalar in text.unicodeScalars { append(scalar, quote: "'", asciiOnly, to: &out) }
    return out + "'"
  }

  /// Whether the text can stand in backquotes as it is.
  static func canBackquote(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar == "\t" || scalar.value >= 0x20 && ![0x60, 0x7F, 0xFEFF].contains(scalar.value)
    }
  }

  private static func append(
    _ scalar: Unicode.Scalar, quote: Unicode.Scalar, _ asciiOnly: Bool, to out: inout String
  ) {
    switch scalar {
    case quote: out += "\\\(quote)"
    case "\\": out += "\\\\"
    case "\u{7}": out += "\\a"
    case "\u{8}": out += "\\b"
    case "\u{C}": out += "\\f"
    case "\n": out += "\\n"
    case "\r": out += "\\r"
    case "\t": out += "\\t"
    case "\u{B}": out += "\\v"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F: out += "\\x" + padded(scalar.value, 2)
    case _ where isPrintable(scalar) && (scalar.isASCII || !asciiOnly): out.unicodeScalars.append(scalar)
    case _ where scalar.value > 0xFFFF: out += "\\U" + padded(scalar.value, 8)
    default: out += "\\u" + padded(scalar.value, 4)
    }
  }

  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  private static func padded(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
