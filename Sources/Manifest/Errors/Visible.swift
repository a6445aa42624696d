/// Texts from outside, made safe for a terminal.
package enum Visible {
  private static let maximumScalars = 2_000

  /// Every control character becomes a symbol, and long texts end in `…`.
  package static func text(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: needsSymbol) || text.utf8.count > maximumScalars else { return text }
    let shown = line(scalars.prefix(maximumScalars))
    return scalars.dropFirst(maximumScalars).isEmpty ? shown : shown + "…"
  }

  static func line(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    for scalar in scalars { view.append(symbol(for: scalar)) }
    return String(view)
  }

  /// Columns that a terminal gives to a text: wide characters take two, combining ones none.
  package static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  private static func needsSymbol(_ scalar: Unicode.Scalar) -> Bool { symbol(for: scalar) != scalar }

  private static func symbol(for scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    // C1 controls, and what turns the direction of writing.
    case 0x80...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: "\u{FFFD}"
    default: scalar
    }
  }
}
