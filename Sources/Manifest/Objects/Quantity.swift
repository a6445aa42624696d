/// A Kubernetes resource quantity: `500m`, `1.5Gi`, `12e6`; exact, with the family of suffixes that it was written in.
///
/// Equality is that of amounts: `1Gi` equals `1024Mi`; ``canonical`` tells the families apart. As the API server has it,
/// amounts are rounded up to a billionth, and binary ones end at 2^63-1. Digits are bounded and exponents kept as
/// numbers, so that `1e-999999999` and `1e999999999` cost no more than `1`.
package struct Quantity: Sendable, Comparable {
  package enum Format: Sendable {
    /// `k`, `M`, …; also `m`, `u`, `n`.
    case decimal
    /// `Ki`, `Mi`, ….
    case binary
    /// `e3`, `E6`.
    case exponent
  }

  package let format: Format
  private let amount: ExactDecimal

  /// Nil for what is no quantity, or has more digits than any amount needs.
  package init?(_ text: String) {
    guard text.utf8.count <= 256, let parts = QuantityText(text) else { return nil }
    var amount = ExactDecimal(isNegative: parts.isNegative, digits: parts.digits, exponent: parts.exponent)
    for _ in 0..<parts.powersOf1024 { amount.multiply(by: 1024) }
    amount.roundUp(toExponent: -9)
    var format = parts.format
    if format == .binary {
      amount.limitMagnitude(to: .greatestBinary)
      if amount.isBelowOne, !amount.isZero { format = .decimal }
    }
    self.amount = amount
    self.format = format
  }

  /// A quantity in a manifest, where plain numbers stand for themselves; nil for anything else.
  package init?(_ node: Node) {
    switch node.value {
    case .string(let text): self.init(text)
    case .int(let number): self.init(String(number))
    case .uint(let number): self.init(String(number))
    case .double(let number) where number.isFinite: self.init(GoNumber.json(number))
    default: return nil
    }
  }

  package var isZero: Bool { amount.isZero }

  package static func == (a: Quantity, b: Quantity) -> Bool { a.amount == b.amount }
  package static func < (a: Quantity, b: Quantity) -> Bool { a.amount < b.amount }

  /// As the API server writes it back: the largest suffix of its family that needs no fraction.
  package var canonical: String {
    if amount.isZero { return "0" }
    if format == .binary, let text = canonicalBinary { return text }
    return canonicalDecimal
  }

  private static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  private static let decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]

  /// Nil where a decimal suffix tells it better: fractions, and less than 1024.
  private var canonicalBinary: String? {
    guard let whole = amount.wholeMagnitude, whole >= 1024 else { return nil }
    var mantissa = whole
    var power = 0
    while mantissa % 1024 == 0, power < Self.binarySuffixes.count - 1 {
      mantissa /= 1024
      power += 1
    }
    return (amount.isNegative ? "-" : "") + String(mantissa) + Self.binarySuffixes[power]
  }

  private var canonicalDecimal: String {
    let (mantissa, exponent) = amount.inThousands
    if format == .exponent { return exponent == 0 ? mantissa : "\(mantissa)e\(exponent)" }
    let position = exponent / 3 + 3
    // Beyond the suffixes there is only the exponent.
    guard Self.decimalSuffixes.indices.contains(position) else { return "\(mantissa)e\(exponent)" }
    return mantissa + Self.decimalSuffixes[position]
  }
}

extension Quantity: CustomStringConvertible {
  package var description: String { canonical }
}

/// The parts of a quantity's text: `[+-]digits[.digits][suffix]`.
private struct QuantityText {
  var isNegative = false
  var digits: [UInt8] = []
  var exponent = 0
  var powersOf1024 = 0
  var format = Quantity.Format.decimal

  init?(_ text: String) {
    var rest = Substring(text).utf8
    if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
      isNegative = first == UInt8(ascii: "-")
      rest.removeFirst()
    }
    digits = Self.takeDigits(&rest)
    var fraction: [UInt8] = []
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = Self.takeDigits(&rest)
    }
    guard !digits.isEmpty || !fraction.isEmpty else { return nil }
    digits += fraction
    exponent = -fraction.count
    guard takeSuffix(String(Substring(rest))) else { return nil }
  }

  private static func takeDigits(_ rest: inout Substring.UTF8View) -> [UInt8] {
    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.map { $0 - 0x30 }
    rest = rest.dropFirst(digits.count)
    return digits
  }

  private mutating func takeSuffix(_ suffix: String) -> Bool {
    let decimal = ["n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18]
    let binary = ["Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6]
    if let power = decimal[suffix] {
      exponent += power
    } else if let powers = binary[suffix] {
      format = .binary
      powersOf1024 = powers
    } else if suffix.first == "e" || suffix.first == "E", let power = Int32(suffix.dropFirst()) {
      format = .exponent
      exponent += Int(power)
    } else {
      return false
    }
    return true
  }
}
