/// Text made safe for HTML, JavaScript and URLs, as Go does it.
enum Escaping {
  static func html(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\0": out += "\u{FFFD}"
      case "\"": out += "&#34;"
      case "'": out += "&#39;"
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  static func javaScript(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "'": out += "\\'"
      case "\"": out += "\\\""
      case "<": out += "\\u003C"
      case ">": out += "\\u003E"
      case "&": out += "\\u0026"
      case "=": out += "\\u003D"
      case _ where !GoQuote.isPrintable(scalar):
        let digits = String(scalar.value, radix: 16, uppercase: true)
        out += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// url.QueryEscape: a blank is `+`.
  static func query(_ text: String) -> String { percent(text, keeping: "-_.~", plus: true) }

  /// What is not a letter, a digit or in `kept` becomes `%XX`.
  static func percent(_ text: String, keeping kept: StaticString, plus: Bool = false) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      let letter = byte | 32
      let isKept = UnsafeBufferPointer(start: kept.utf8Start, count: kept.utf8CodeUnitCount).contains(byte)
      if letter >= 97 && letter <= 122 || byte >= 48 && byte <= 57 || isKept {
        out.append(byte)
      } else if plus, byte == 32 {
        out.append(UInt8(ascii: "+"))
      } else {
        out += Array(("%" + hexadecimal(byte)).utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Nil where a `%` is not followed by two hexadecimal digits.
  static func unpercent(_ text: String) -> String? {
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%") {
        guard index + 2 < bytes.count,
          let byte = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
        else { return nil }
        out.append(byte)
        index += 3
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
