/// Puts diagnostics into words for a terminal or a log:
///
/// ```
/// error[template.missing-parameter]: generator gives no parameter 'region'
///   --> templates/edge.yaml:14:16
/// 14 |     path: apps/{{region}}/base
///    |                ^^^^^^^^^^ cluster 'edge-0417' has: tier, site
/// help: add label 'region' in clusters/edge-0417.yaml:6
/// ```
///
/// Nothing that comes out moves a terminal's cursor: control characters are shown as symbols. Values in Secrets and
/// kubeconfigs are never quoted.
package struct DiagnosticRenderer: Sendable {
  private let usesColour: Bool
  private let source: @Sendable (String) -> [UInt8]?

  /// - Parameter source: the bytes of a file, by its name in a ``SourceLocation``; nil leaves the quotation out.
  package init(usesColour: Bool = false, source: @escaping @Sendable (String) -> [UInt8]? = { _ in nil }) {
    self.usesColour = usesColour
    self.source = source
  }

  /// One diagnostic, without a line break at its end.
  package func text(for diagnostic: Diagnostic) -> String {
    let severity = diagnostic.severity.rawValue
    let colour = diagnostic.severity == .error ? "31" : "33"
    var lines = [
      paint("\(severity)[\(Visible.text(diagnostic.code))]", colour) + ": " + Visible.text(diagnostic.message)
    ]
    if let location = diagnostic.location {
      lines.append("  --> " + Self.place(location))
      lines += quotation(at: location, label: diagnostic.label, colour: colour)
    }
    for note in diagnostic.notes {
      let place = note.location.map { " (\(Self.place($0)))" } ?? ""
      lines.append("note: " + Visible.text(note.message) + place)
    }
    if let help = diagnostic.help { lines.append(paint("help", "32") + ": " + Visible.text(help)) }
    return lines.joined(separator: "\n")
  }

  /// `file`, `file:line` or `file:line:column`, as far as it is known.
  package static func place(_ location: SourceLocation) -> String {
    let file = Visible.text(location.file)
    guard location.mark.isKnown else { return file }
    return "\(file):\(location.mark.line):\(max(location.mark.column, 1))"
  }

  private func paint(_ text: String, _ colour: String) -> String {
    usesColour ? "\u{1B}[1;\(colour)m\(text)\u{1B}[0m" : text
  }

  private func quotation(at location: SourceLocation, label: String, colour: String) -> [String] {
    guard location.mark.isKnown, let bytes = source(location.file),
      let quoted = QuotedLine(in: bytes, at: location.mark)
    else { return label.isEmpty ? [] : ["   = " + Visible.text(label)] }
    let number = String(location.mark.line)
    let gutter = String(repeating: " ", count: number.count)
    let carets = paint(String(repeating: "^", count: quoted.caretWidth), colour)
    let words = label.isEmpty ? "" : " " + Visible.text(label)
    return [
      "\(number) | \(quoted.text)",
      "\(gutter) | \(String(repeating: " ", count: quoted.caretOffset))\(carets)\(words)",
    ]
  }
}
