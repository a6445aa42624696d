extension Function {
  /// Sprig's conversions. What does not convert becomes zero, as in Sprig.
  static let conversions: [Function] = [
    Function("toString", 1) { a, run in try run.text(try a[0].text(&run)) },
    Function("toStrings", 1) { a, run in try run.texts(try a[0].textList(&run)) },
    Function("int", 1) { a, _ in .int(a[0].integer, .int) },
    Function("int64", 1) { a, _ in .int(a[0].integer, .int64) },
    Function("float64", 1) { a, _ in .float(a[0].number) },
    Function("atoi", 1) { a, _ in .int(Decimal.clampedInteger(try a.string(0)), .int) },
    Function("toDecimal", 1) { a, run in .int(Int64(try a[0].text(&run), radix: 8) ?? 0, .int64) },
  ]
}

extension GoValue {
  /// An integer, the way Sprig casts: fractions cut off, text read with Go's prefixes, everything else 0.
  var integer: Int64 {
    switch self {
    case .int(let number, _): number
    case .float(let number): Decimal.clamped(number)
    case .bool(let flag): flag ? 1 : 0
    case .string(let text): Decimal.prefixedInteger(text)
    case .absent, .null, .list, .map, .time, .version, .complex, .certificate: 0
    }
  }

  var number: Double {
    switch self {
    case .int(let number, _): Double(number)
    case .float(let number): number
    case .bool(let flag): flag ? 1 : 0
    case .string(let text): Decimal.float(text) ?? 0
    case .absent, .null, .list, .map, .time, .version, .complex, .certificate: 0
    }
  }
}

/// Numbers read from text, and decimal arithmetic without the errors of binary fractions.
enum Decimal {
  static func clamped(_ number: Double) -> Int64 {
    if number.isNaN { return .min }
    return Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
  }

  /// strconv.Atoi with the error ignored: out of range gives the end of the range.
  static func clampedInteger(_ text: String) -> Int64 {
    if let number = Int64(text) { return number }
    let digits = text.drop { $0 == "-" || $0 == "+" }
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), text.count - digits.count <= 1 else {
      return 0
    }
    return text.hasPrefix("-") ? .min : .max
  }

  /// With Go's prefixes (`0x`, `0o`, `0b`, `0`); zeros behind a point are dropped.
  static func prefixedInteger(_ text: String) -> Int64 {
    var plain = text[...]
    if let point = text.firstIndex(of: "."), text[text.index(after: point)...].allSatisfy({ $0 == "0" }) {
      plain = text[..<point]
    }
    return NumberLiteral.integer(String(plain.replacing("_", with: ""))) ?? 0
  }

  static func float(_ text: String) -> Double? {
    switch text.lowercased() {
    case "inf", "+inf", "infinity", "+infinity": .infinity
    case "-inf", "-infinity": -.infinity
    case "nan": .nan
    // A hexadecimal fraction needs its exponent.
    default: text.lowercased().contains("x") && !text.lowercased().contains("p") ? nil : Double(text)
    }
  }

  /// Applies an operation to two numbers as the decimal fractions that they print as; as binary ones where the digits
  /// do not fit 128 bits.
  static func apply(_ operation: Operation, _ a: Double, _ b: Double) -> Double {
    guard a.isFinite, b.isFinite, let x = Scaled(a), let y = Scaled(b) else { return operation.binary(a, b) }
    return operation.exact(x, y)?.double ?? operation.binary(a, b)
  }

  enum Operation {
    case add, subtract, multiply, divide

    func binary(_ a: Double, _ b: Double) -> Double {
      switch self {
      case .add: a + b
      case .subtract: a - b
      case .multiply: a * b
      case .divide: a / b
      }
    }

    fileprivate func exact(_ a: Scaled, _ b: Scaled) -> Scaled? {
      switch self {
      case .multiply:
        let (mantissa, overflow) = a.mantissa.multipliedReportingOverflow(by: b.mantissa)
        return overflow ? nil : Scaled(mantissa: mantissa, exponent: a.exponent + b.exponent)
      case .add, .subtract:
        let exponent = min(a.exponent, b.exponent)
        guard let x = a.mantissa(at: exponent), let y = b.mantissa(at: exponent) else { return nil }
        let (sum, overflow) = self == .add ? x.addingReportingOverflow(y) : x.subtractingReportingOverflow(y)
        return overflow ? nil : Scaled(mantissa: sum, exponent: exponent)
      case .divide: return nil
      }
    }
  }

  /// `mantissa` × 10^`exponent`.
  fileprivate struct Scaled {
    var mantissa: Int128
    var exponent: Int

    init(mantissa: Int128, exponent: Int) {
      self.mantissa = mantissa
      self.exponent = exponent
    }

    init?(_ number: Double) {
      let (negative, digits, point) = GoFloat.shortestDigits(number)
      guard let magnitude = Int128(digits.isEmpty ? "0" : String(decoding: digits, as: UTF8.self)) else { return nil }
      mantissa = negative ? -magnitude : magnitude
      exponent = point - digits.count
    }

    func mantissa(at lower: Int) -> Int128? {
      guard exponent - lower <= 36 else { return nil }
      var result = mantissa
      for _ in 0..<(exponent - lower) {
        let (product, overflow) = result.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        result = product
      }
      return result
    }

    var double: Double? { Double("\(mantissa)e\(exponent)") }
  }
}
