/// How a YAML 1.1 reader takes a plain scalar, as far as a writer must know it.
///
/// The rules are those of goyaml v2, which every Kubernetes tool writes with: words like `yes`, `on` and `y` are
/// booleans, `0o17` and `1_000` are integers, dates are timestamps, and base-60 numbers are quoted for other readers.
package enum YAML11 {
  /// Whether `text`, written plain, comes back as the same string.
  package static func readsAsString(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      return !(isWord(text) || isTimestamp(text) || isNumber(text) || isBase60(text))
    case UInt8(ascii: "."): return !(isWord(text) || isFloat(text))
    case UInt8(ascii: "~"): return text.count > 1
    case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
      UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
      return !isWord(text)
    default: return true
    }
  }

  private static let words: Set<String> = [
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
    "null", "Null", "NULL", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
    "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
  ]

  private static func isWord(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count <= 5 && words.contains(String(decoding: text, as: UTF8.self))
  }

  // MARK: Numbers

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let plain = text.filter { $0 != UInt8(ascii: "_") }
    return plain.withUnsafeBufferPointer { isInteger($0) || isFloat($0) }
  }

  /// An integer that fits 64 bits, signed or not, with an optional sign and the prefixes `0x`, `0b`, `0o` and `0`.
  private static func isInteger(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var digits = text[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    let isSigned = isNegative || digits.first == UInt8(ascii: "+")
    if isSigned { digits = digits.dropFirst() }
    var radix = 10
    if digits.first == UInt8(ascii: "0") && digits.count > 1 {
      switch digits[digits.startIndex + 1] | 0x20 {
      case UInt8(ascii: "x"): radix = 16
      case UInt8(ascii: "b"): radix = 2
      case UInt8(ascii: "o"): radix = 8
      default: radix = -8
      }
      digits = digits.dropFirst(radix < 0 ? 1 : 2)
      radix = abs(radix)
    }
    guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return false }
    guard let magnitude = UInt64(String(decoding: digits, as: UTF8.self), radix: radix) else { return false }
    return isNegative ? magnitude <= 1 << 63 : isSigned ? magnitude < 1 << 63 : true
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` within the range of a double.
  private static func isFloat(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var position = 0
    func digits() -> Int {
      let start = position
      while position < text.count && isDigit(text[position]) { position += 1 }
      return position - start
    }
    func take(_ characters: StaticString) -> Bool {
      guard position < text.count else { return false }
      let found = characters.withUTF8Buffer { $0.contains(text[position]) }
      if found { position += 1 }
      return found
    }
    _ = take("+-")
    let whole = digits()
    if take(".") {
      if digits() == 0 && whole == 0 { return false }
    } else if whole == 0 {
      return false
    }
    if take("eE") {
      _ = take("+-")
      if digits() == 0 { return false }
    }
    guard position == text.count, let number = Double(String(decoding: text, as: UTF8.self)) else { return false }
    return number.isFinite
  }

  /// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
  private static func isBase60(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard let first = rest.first, isDigit(first) else { return false }
    rest = rest.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
    var groups = 0
    while rest.first == UInt8(ascii: ":") {
      let digits = rest.dropFirst().prefix { isDigit($0) }
      guard digits.count == 1 || digits.count == 2 && (digits.first ?? 0) <= UInt8(ascii: "5") else { return false }
      rest = rest[digits.endIndex...]
      groups += 1
    }
    if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { isDigit($0) || $0 == UInt8(ascii: "_") } }
    return groups > 0 && rest.isEmpty
  }

  // MARK: Timestamps

  /// A date, or a date and time, in one of the forms that goyaml v2 takes for a timestamp.
  package static func isTimestamp(_ text: UnsafeBufferPointer<UInt8>) -> Bool { Timestamp(text) != nil }

  package static func isTimestamp(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isTimestamp($0) }
  }

  /// A timestamp as Go's encoders write it (RFC 3339); nil for other texts.
  package static func timestamp(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { Timestamp($0)?.description }
  }

  private struct Timestamp: CustomStringConvertible {
    private var date: [Int]
    private var time = [0, 0, 0]
    private var fraction = ""
    private var zone = "Z"

    init?(_ text: UnsafeBufferPointer<UInt8>) {
      guard text.count >= 8, text[4] == UInt8(ascii: "-") else { return nil }
      var scan = DigitScan(text)
      guard let year = scan.number(4...4), scan.take("-"), let month = scan.number(1...2), scan.take("-"),
        let day = scan.number(1...2), YAML11.isDate(year, month, day)
      else { return nil }
      date = [year, month, day]
      if scan.isAtEnd { return }
      let needsZone = scan.take("Tt")
      guard needsZone || scan.take(" "), let hour = scan.number(1...2), scan.take(":"),
        let minute = scan.number(1...2), scan.take(":"), let second = scan.number(1...2), hour < 24, minute < 60,
        second < 60
      else { return nil }
      time = [hour, minute, second]
      if scan.take(".,") {
        let digits = scan.digits()
        guard !digits.isEmpty else { return nil }
        fraction = String(digits.prefix(9))
        while fraction.last == "0" { fraction.removeLast() }
      }
      if needsZone {
        guard let text = scan.zone() else { return nil }
        zone = text
      }
      guard scan.isAtEnd else { return nil }
    }

    var description: String {
      func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
      }
      return padded(date[0], 4) + "-" + padded(date[1]) + "-" + padded(date[2]) + "T"
        + time.map { padded($0) }.joined(separator: ":") + (fraction.isEmpty ? "" : "." + fraction) + zone
    }
  }

  private static func isDate(_ year: Int, _ month: Int, _ day: Int) -> Bool {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(month) && day >= 1 && day <= days[month - 1]
  }

  private struct DigitScan {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    /// A number of so many digits; its value saturates, only small ones are looked at.
    mutating func number(_ width: ClosedRange<Int>) -> Int? {
      var value = 0
      var count = 0
      while position < text.count, count < width.upperBound, YAML11.isDigit(text[position]) {
        value = min(value * 10 + Int(text[position] - 0x30), 100_000)
        position += 1
        count += 1
      }
      return width.contains(count) ? value : nil
    }

    mutating func take(_ characters: StaticString) -> Bool {
      guard position < text.count, characters.withUTF8Buffer({ $0.contains(text[position]) }) else { return false }
      position += 1
      return true
    }

    mutating func digits() -> String {
      let start = position
      while position < text.count, YAML11.isDigit(text[position]) { position += 1 }
      return String(decoding: text[start..<position], as: UTF8.self)
    }

    /// `Z`, or an offset; nil for anything else.
    mutating func zone() -> String? {
      let start = position
      if take("Z") { return "Z" }
      guard take("+-"), let hours = number(2...2), take(":"), let minutes = number(2...2), hours <= 24, minutes < 60
      else { return nil }
      let text = String(decoding: text[start..<position], as: UTF8.self)
      return text.hasSuffix("00:00") ? "Z" : text
    }
  }
}
