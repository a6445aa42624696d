import Manifest

/// How the command words diagnostics and failures on stderr.
enum Report {
  /// The most that one command writes; what is beyond is counted.
  private static let maximumDiagnostics = 50

  static func text(for diagnostics: [Diagnostic]) -> String {
    var parts = diagnostics.prefix(maximumDiagnostics).map(text(for:))
    if diagnostics.count > maximumDiagnostics {
      parts.append("… and \(diagnostics.count - maximumDiagnostics) more")
    }
    return parts.joined(separator: "\n")
  }

  private static func text(for diagnostic: Diagnostic) -> String {
    var text = "\(diagnostic.severity.rawValue)[\(diagnostic.code)]: \(diagnostic.message)"
    if let location = diagnostic.location {
      text += "\n  --> \(location.file):\(location.mark.line):\(location.mark.column)"
    }
    if let help = diagnostic.help { text += "\nhelp: \(help)" }
    return text
  }

  static func text(for failure: Failure) -> String {
    var text = "error[\(failure.code)]: \(failure.subject): \(failure.stage): \(failure.message)"
    if let cause = failure.cause { text += "\ncause: \(cause)" }
    return text
  }
}
