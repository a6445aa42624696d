import Manifest

/// How the command words diagnostics and failures on stderr.
enum Report {
  /// The most that one command writes; what is beyond is counted.
  private static let maximumDiagnostics = 50

  static func text(for diagnostics: [Diagnostic]) -> String {
    let texts = SourceTexts()
    let renderer = DiagnosticRenderer { texts.bytes(of: $0) }
    var parts = diagnostics.prefix(maximumDiagnostics).map(renderer.text(for:))
    if diagnostics.count > maximumDiagnostics {
      parts.append("… and \(diagnostics.count - maximumDiagnostics) more")
    }
    return parts.joined(separator: "\n")
  }

  static func text(for failure: Failure) -> String {
    var text = "error[\(failure.code)]: \(failure.subject): \(failure.stage): \(failure.message)"
    if let cause = failure.cause { text += "\ncause: \(cause)" }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { Visible.text(String($0)) }
      .joined(separator: "\n")
  }
}
