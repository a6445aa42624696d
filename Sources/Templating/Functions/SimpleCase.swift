/// Case as Go changes it: letter by letter, each to one letter, whatever stands around it.
enum SimpleCase {
  static func upper(_ text: String) -> String { mapped(text, upper) }
  static func lower(_ text: String) -> String { mapped(text, lower) }

  /// What has no single capital of its own (`ß`) stays; Greek letters with an iota below have one as titles go.
  static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    only(scalar.properties.uppercaseMapping) ?? only(scalar.properties.titlecaseMapping) ?? scalar
  }

  static func title(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    only(scalar.properties.titlecaseMapping) ?? scalar
  }

  /// `İ` alone becomes two in Unicode; Go drops the dot.
  static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
  }

  private static func only(_ text: String) -> Unicode.Scalar? {
    text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
  }

  private static func mapped(_ text: String, _ change: (Unicode.Scalar) -> Unicode.Scalar) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { out.append(change(scalar)) }
    return String(out)
  }
}
