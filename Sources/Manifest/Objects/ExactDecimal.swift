/// ±digits × 10^exponent, exact. The digits have neither leading nor trailing zeros; zero has none at all.
struct ExactDecimal: Sendable, Comparable {
  private(set) var isNegative: Bool
  /// Most significant first, each 0 to 9.
  private var digits: [UInt8]
  private var exponent: Int

  init(isNegative: Bool, digits: [UInt8], exponent: Int) {
    self.isNegative = isNegative
    self.digits = digits
    self.exponent = exponent
    normalise()
  }

  /// 2^63-1.
  static let greatestBinary = ExactDecimal(
    isNegative: false, digits: String(Int64.max).utf8.map { $0 - 0x30 }, exponent: 0)

  var isZero: Bool { digits.isEmpty }

  /// The power of ten above the first digit.
  private var top: Int { digits.count + exponent }

  var isBelowOne: Bool { digits.isEmpty || top <= 0 }

  private mutating func normalise() {
    digits.removeFirst(digits.prefix { $0 == 0 }.count)
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty {
      exponent = 0
      isNegative = false
    }
  }

  mutating func multiply(by factor: Int) {
    var carry = 0
    for position in digits.indices.reversed() {
      let product = Int(digits[position]) * factor + carry
      digits[position] = UInt8(product % 10)
      carry = product / 10
    }
    while carry > 0 {
      digits.insert(UInt8(carry % 10), at: 0)
      carry /= 10
    }
    normalise()
  }

  /// Away from zero, to a multiple of 10^`place`.
  mutating func roundUp(toExponent place: Int) {
    guard !digits.isEmpty, exponent < place else { return }
    let kept = max(0, digits.count - (place - exponent))
    digits.removeLast(digits.count - kept)
    exponent = place
    // Something other than zero was cut off, since the last digit never is zero.
    var position = kept - 1
    while position >= 0, digits[position] == 9 {
      digits[position] = 0
      position -= 1
    }
    if position >= 0 { digits[position] += 1 } else { digits.insert(1, at: 0) }
    normalise()
  }

  mutating func limitMagnitude(to bound: ExactDecimal) {
    guard Self.compareMagnitudes(self, bound) > 0 else { return }
    let wasNegative = isNegative
    self = bound
    isNegative = wasNegative
  }

  static func < (a: ExactDecimal, b: ExactDecimal) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    let order = compareMagnitudes(a, b)
    return a.isNegative ? order > 0 : order < 0
  }

  private static func compareMagnitudes(_ a: ExactDecimal, _ b: ExactDecimal) -> Int {
    if a.isZero || b.isZero { return (a.isZero ? 0 : 1) - (b.isZero ? 0 : 1) }
    if a.top != b.top { return a.top < b.top ? -1 : 1 }
    if a.digits == b.digits { return 0 }
    return a.digits.lexicographicallyPrecedes(b.digits) ? -1 : 1
  }

  /// The magnitude when it is whole and fits 64 bits.
  var wholeMagnitude: UInt64? {
    guard exponent >= 0, top <= 20 else { return nil }
    return UInt64(mantissaText(zeros: exponent))
  }

  /// The mantissa, whole, and the greatest multiple of three as its power of ten.
  var inThousands: (mantissa: String, exponent: Int) {
    let rest = ((exponent % 3) + 3) % 3
    return ((isNegative ? "-" : "") + mantissaText(zeros: rest), exponent - rest)
  }

  private func mantissaText(zeros: Int) -> String {
    String(decoding: digits.map { $0 + 0x30 } + [UInt8](repeating: 0x30, count: zeros), as: UTF8.self)
  }
}
