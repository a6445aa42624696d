import Manifest

/// A glob of a project, which a leading `!` turns around where the list allows that.
package struct ProjectPattern: Sendable, Equatable {
  /// Without the `!`.
  package let text: String
  package let isDenial: Bool
  private let glob: Glob

  /// - Parameters:
  ///   - separator: what a single `*` does not cross; nil for none.
  ///   - allowsDenial: whether a leading `!` denies; else it is a letter like any other.
  package init(_ pattern: String, separator: Unicode.Scalar? = nil, allowsDenial: Bool = true) {
    isDenial = allowsDenial && pattern.hasPrefix("!")
    text = isDenial ? String(pattern.dropFirst()) : pattern
    // A lone star fits everything, separators too.
    glob = Glob(text, separator: text == "*" ? nil : separator)
  }

  package static func == (a: Self, b: Self) -> Bool { a.text == b.text && a.isDenial == b.isDenial }

  /// Whether the glob itself fits, whatever the `!`.
  package func covers(_ value: String) -> Bool { glob.matches(value) }

  /// Whether the entry counts as a match: a denial matches what it does not cover, so that a lone `!x` permits the rest.
  package func matches(_ value: String) -> Bool { covers(value) != isDenial }
}

extension [ProjectPattern] {
  /// Whether one of them fits.
  func covers(_ value: String) -> Bool { contains { $0.covers(value) } }
}
