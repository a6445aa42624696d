package import Manifest

/// What is likely wrong with the analysis templates of a fleet, taken together.
///
/// All of it warns: a template that a run of it cannot use makes no other part of the fleet unreadable.
package enum AnalysisDoubts {
  /// - Parameter templates: all that the fleet has; another one is nowhere.
  package static func of(_ templates: [AnalysisManifest]) -> [Diagnostic] {
    let known = Set(templates.map(\.reference))
    return templates.flatMap { template in
      missing(in: template, known) + AnalysisLint.check(template, among: templates).map(asWarning)
    }
  }

  private static func missing(
    in template: AnalysisManifest, _ known: Set<AnalysisTemplateReference>
  ) -> [Diagnostic] {
    template.spec.templates.filter { !known.contains($0) }.map { reference in
      let near = NearestName.of(reference.name, among: known.map(\.name).sorted())
      return Diagnostic(
        "analysis.no-template", severity: .warning,
        "\(template.kind.rawValue) '\(Visible.text(template.name))' refers to \(reference.kind.rawValue) "
          + "'\(Visible.text(reference.name))', which is not in the fleet", at: template.origin,
        help: near.map { "did you mean '\($0)'?" })
    }
  }

  private static func asWarning(_ diagnostic: Diagnostic) -> Diagnostic {
    var diagnostic = diagnostic
    diagnostic.severity = .warning
    return diagnostic
  }
}
