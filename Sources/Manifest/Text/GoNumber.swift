/// Numbers as Go's encoders spell them, which is what Kubernetes tools print and hash.
package enum GoNumber {
  /// The shortest decimal digits that give the number back, and where the point stands: 0.d₁d₂… × 10^point.
  private struct Decimal {
    var isNegative: Bool
    var digits: [UInt8]
    var point: Int

    init(_ number: Double) {
      isNegative = number.sign == .minus
      var mantissa: [UInt8] = []
      var exponent = 0
      var wholeDigits: Int?
      var text = Substring(number.magnitude.description)
      if let mark = text.firstIndex(of: "e") {
        exponent = Int(text[text.index(after: mark)...]) ?? 0
        text = text[..<mark]
      }
      for byte in text.utf8 {
        if byte == UInt8(ascii: ".") { wholeDigits = mantissa.count } else { mantissa.append(byte - 0x30) }
      }
      point = (wholeDigits ?? mantissa.count) + exponent
      let leading = mantissa.prefix { $0 == 0 }.count
      mantissa.removeFirst(leading)
      point -= leading
      while mantissa.last == 0 { mantissa.removeLast() }
      digits = mantissa
      if digits.isEmpty { point = 0 }
    }

    /// Without an exponent.
    func fixed() -> String {
      var text = isNegative ? "-" : ""
      if point <= 0 { text += "0" }
      for position in 0..<max(point, digits.count) {
        if position == point && position > 0 { text += "." }
        if position == 0 && point <= 0 && !digits.isEmpty {
          text += "." + String(repeating: "0", count: -point)
        }
        text += position < digits.count ? String(digits[position]) : "0"
      }
      return text
    }

    /// With an exponent of at least `width` digits.
    func scientific(exponentWidth width: Int) -> String {
      var text = isNegative ? "-" : ""
      text += String(digits.first ?? 0)
      if digits.count > 1 { text += "." + digits.dropFirst().map { String($0) }.joined() }
      let exponent = digits.isEmpty ? 0 : point - 1
      let magnitude = String(abs(exponent))
      text += exponent < 0 ? "e-" : "e+"
      return text + String(repeating: "0", count: max(0, width - magnitude.count)) + magnitude
    }
  }

  /// As `encoding/json`: fixed, but with an exponent below 1e-6 and from 1e21 on. Not for infinities.
  package static func json(_ number: Double) -> String {
    let magnitude = number.magnitude
    let decimal = Decimal(number)
    if magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) { return decimal.scientific(exponentWidth: 1) }
    return decimal.fixed()
  }

  /// All digits, without an exponent.
  package static func fixed(_ number: Double) -> String { Decimal(number).fixed() }

  /// As `strconv`'s shortest `%g`: an exponent of at least two digits below 1e-4 and from 1e6 on.
  package static func general(_ number: Double) -> String {
    let decimal = Decimal(number)
    let exponent = decimal.digits.isEmpty ? 0 : decimal.point - 1
    return exponent < -4 || exponent >= 6 ? decimal.scientific(exponentWidth: 2) : decimal.fixed()
  }

  /// As a Kubernetes tool prints it in YAML, after a way through JSON: whole numbers that fit 64 bits as integers.
  package static func yaml(_ number: Double) -> String {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    if number == number.rounded(.towardZero) && number.magnitude < 1e21 {
      let text = Decimal(number).fixed()
      if text == "-0" { return "0" }
      if Int64(text) != nil || UInt64(text) != nil { return text }
    }
    return general(number)
  }
}
