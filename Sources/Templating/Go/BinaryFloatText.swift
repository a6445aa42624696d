/// Numbers in the powers of two that they are made of. Negative numbers, infinities and NaN are the caller's.
enum BinaryFloatText {
  /// `0x1.8p+01`: strconv's format `x`; as many digits as needed, or rounded to `precision` of them.
  static func hexadecimal(_ number: Double, precision: Int?) -> String {
    guard number.isFinite, number != 0 else {
      return "0x0" + (precision.map { $0 > 0 ? "." + String(repeating: "0", count: $0) : "" } ?? "") + "p+00"
    }
    var mantissa = number.significandBitPattern
    var exponent = Int(number.exponent)
    // The leading one of a subnormal number is not implied: shift it there.
    if number.isSubnormal { mantissa = mantissa << (mantissa.leadingZeroBitCount - 11) }
    mantissa |= 1 << 52
    if let precision, precision < 13 { round(&mantissa, &exponent, digits: precision) }
    var digits = String(mantissa & (1 << 52 - 1), radix: 16)
    digits = String(repeating: "0", count: max(0, 13 - digits.count)) + digits
    if let precision {
      digits = String(digits.prefix(precision)) + String(repeating: "0", count: max(0, precision - 13))
    } else {
      while digits.hasSuffix("0") { digits.removeLast() }
    }
    let size = abs(exponent)
    return "0x1" + (digits.isEmpty ? "" : "." + digits) + "p" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "")
      + String(size)
  }

  /// To the nearest, ties to even.
  private static func round(_ mantissa: inout UInt64, _ exponent: inout Int, digits: Int) {
    let unit = UInt64(1) << UInt64((13 - digits) * 4)
    let rest = mantissa % unit
    mantissa -= rest
    if rest > unit / 2 || rest == unit / 2 && mantissa & unit != 0 { mantissa += unit }
    guard mantissa >> 53 != 0 else { return }
    mantissa >>= 1
    exponent += 1
  }

  /// `6755399441055744p-52`: strconv's format `b`.
  static func power(_ number: Double) -> String {
    guard number.isFinite else { return "" }
    let isSmall = number.isSubnormal || number == 0
    let mantissa = number.significandBitPattern | (isSmall ? 0 : 1 << 52)
    let exponent = (isSmall ? -1022 : Int(number.exponent)) - 52
    return "\(mantissa)p\(exponent < 0 ? "-" : "+")\(abs(exponent))"
  }
}
