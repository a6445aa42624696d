/// Text in Go's double quotes: strconv.Quote, `%q`.
enum GoQuote {
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\u{7}": out += "\\a"
      case "\u{8}": out += "\\b"
      case "\u{C}": out += "\\f"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{B}": out += "\\v"
      default: append(scalar, to: &out)
      }
    }
    return out + "\""
  }

  private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
    let value = scalar.value
    if value < 0x20 || value == 0x7F {
      out += "\\x" + padded(value, 2)
    } else if isPrintable(scalar) {
      out.unicodeScalars.append(scalar)
    } else {
      out += value > 0xFFFF ? "\\U" + padded(value, 8) : "\\u" + padded(value, 4)
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
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
