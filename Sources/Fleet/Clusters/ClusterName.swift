/// A cluster's name in the fleet: not empty, at most 253 bytes, printable, without blanks at its ends.
///
/// Argo CD lets users name clusters freely (`arn:aws:eks:…`), so this is no DNS name and never a file name.
package struct ClusterName: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let text: String

  package init?(_ text: String) {
    guard Self.problem(with: text) == nil else { return nil }
    self.text = text
  }

  package var description: String { text }

  /// What is wrong with `text` as a name, continuing a sentence that names it; nil when nothing is.
  package static func problem(with text: String) -> String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > 253 { return "is too long: \(text.utf8.count) bytes, at most 253 are allowed" }
    if text.unicodeScalars.contains(where: DNSName.isControl) { return "holds a control character" }
    if text.first == " " || text.last == " " { return "begins or ends with a blank" }
    return nil
  }

  package static func < (a: ClusterName, b: ClusterName) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }
}
