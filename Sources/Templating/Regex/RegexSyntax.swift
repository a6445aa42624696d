/// The tree of a regular expression.
indirect enum RegexNode {
  case empty
  case set(ScalarSet)
  case assertion(Assertion)
  case sequence([RegexNode])
  case choice([RegexNode])
  /// Nil as upper bound: no bound.
  case repetition(RegexNode, least: Int, most: Int?, isGreedy: Bool)
  /// A capture, by its number.
  case capture(RegexNode, Int)

  enum Assertion: Equatable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }
}

/// Why a regular expression cannot be used.
package struct RegexError: Error, Sendable, Equatable {
  package var message: String
  init(_ message: String) { self.message = message }
}

/// A set of Unicode scalars.
struct ScalarSet: Sendable, Equatable {
  var ranges: [ClosedRange<UInt32>] = []
  var categories: [Category] = []
  var isNegated = false
  var ignoresCase = false

  struct Category: Sendable, Equatable {
    /// A general category's short name, `L` or `Lu`.
    var name: String
    var isNegated: Bool
  }

  static func one(_ value: UInt32) -> ScalarSet { ScalarSet(ranges: [value...value]) }
  static let digits = ScalarSet(ranges: [48...57])
  static let words = ScalarSet(ranges: [48...57, 65...90, 95...95, 97...122])
  static let spaces = ScalarSet(ranges: [9...10, 12...13, 32...32])

  var negated: ScalarSet {
    var set = self
    set.isNegated.toggle()
    return set
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    (holds(scalar) || ignoresCase && Self.others(scalar).contains(where: holds)) != isNegated
  }

  private func holds(_ scalar: Unicode.Scalar) -> Bool {
    for range in ranges where range.contains(scalar.value) { return true }
    for category in categories where Self.has(scalar, category.name) != category.isNegated { return true }
    return false
  }

  private static func others(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    let forms = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping]
    return forms.compactMap { $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first : nil }
  }

  private static func has(_ scalar: Unicode.Scalar, _ name: String) -> Bool {
    name.count == 1
      ? shortName(scalar.properties.generalCategory).hasPrefix(name)
      : shortName(scalar.properties.generalCategory) == name
  }

  static let categoryNames: Set<String> = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co",
  ]

  private static func shortName(_ category: Unicode.GeneralCategory) -> String {
    switch category {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    case .unassigned: "Cn"
    @unknown default: "Cn"
    }
  }
}
