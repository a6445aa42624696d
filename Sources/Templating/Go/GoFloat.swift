/// float64 as Go's strconv and fmt write it.
enum GoFloat {
  /// The shortest digits that read back as the same number, and the power of ten of a point before the first digit.
  static func shortestDigits(_ number: Double) -> (negative: Bool, digits: [UInt8], point: Int) {
    // Swift's description has the same shortest digits; only the layout differs.
    var text = Substring("\(abs(number))")
    var exponent = 0
    if let e = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      exponent = Int(text[text.index(after: e)...]) ?? 0
      text = text[..<e]
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    var digits = Array((parts.first ?? "").utf8)
    var point = digits.count + exponent
    if parts.count > 1, parts[1] != "0" { digits += Array(parts[1].utf8) }
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (number.sign == .minus, digits, digits.isEmpty ? 1 : point)
  }

  static func special(_ number: Double) -> String? {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    return nil
  }

  /// `%v` and `%g` without precision: an exponent below -4 or from 6 up is written as such.
  static func shortest(_ number: Double) -> String {
    if let special = special(number) { return special }
    let (negative, digits, point) = shortestDigits(number)
    let sign = negative ? "-" : ""
    if digits.isEmpty { return sign + "0" }
    // Go decides as if the precision were 6, however many digits there are.
    if point - 1 < -4 || point - 1 >= exponentThreshold { return sign + scientific(digits, point - 1) }
    return sign + plain(digits, point)
  }

  private static let exponentThreshold = 6

  private static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    let mantissa = text.count == 1 ? text : text.prefix(1) + "." + text.dropFirst()
    let size = abs(exponent)
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + String(size)
  }

  private static func plain(_ digits: [UInt8], _ point: Int) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    if point <= 0 { return "0." + String(repeating: "0", count: -point) + text }
    if point >= digits.count { return text + String(repeating: "0", count: point - digits.count) }
    return text.prefix(point) + "." + text.dropFirst(point)
  }
}
