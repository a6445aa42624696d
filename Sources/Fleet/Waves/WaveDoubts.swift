package import Manifest

/// What of a set's waves the rest of the fleet does not have.
///
/// All of it warns: a gate that cannot be measured has a person decide, and everything else of the fleet is well.
package enum WaveDoubts {
  /// - Parameter templates: all that the fleet has.
  package static func of(_ set: ApplicationSet, _ templates: [AnalysisManifest]) -> [Diagnostic] {
    guard let strategy = set.strategy, WaveStrategy(strategy) != nil, let rolling = strategy["rollingSync"] else {
      return []
    }
    let known = Dictionary(templates.map { ($0.reference, $0) }) { first, _ in first }
    let ofSteps = (rolling["steps"]?.sequence ?? []).compactMap { $0["analysis"] }
    let all = (rolling["analysis"].map { [$0] } ?? []) + ofSteps
    return all.flatMap { doubts(of: $0, set, known) } + ofSteps.flatMap { endless(in: $0, set, templates) }
  }

  /// A step waits for the end of its analysis.
  private static func endless(
    in analysis: Node, _ set: ApplicationSet, _ templates: [AnalysisManifest]
  ) -> [Diagnostic] {
    let place = SourceLocation(file: set.origin.file, mark: analysis.mark)
    guard let wave = WaveAnalysis(analysis, scope: .wave),
      // What else is wrong with it is told of elsewhere.
      let spec = try? AnalysisAssembly(templates).spec(
        from: wave.templates, arguments: [], allowsOpenArguments: true, at: place)
    else { return [] }
    return WaveAnalysis.endless(spec.metrics).map { name in
      Diagnostic(
        "strategy.endless-analysis", severity: .warning,
        "metric '\(Visible.text(name))' of this analysis has an interval and no count, so it never ends: the wave will wait for a person",
        at: place, help: "give it a count")
    }
  }

  private static func doubts(
    of analysis: Node, _ set: ApplicationSet, _ known: [AnalysisTemplateReference: AnalysisManifest]
  ) -> [Diagnostic] {
    (analysis["templates"]?.sequence ?? []).compactMap { node in
      guard let name = node["templateName"], let text = name.string else { return nil }
      let reference = AnalysisTemplateReference(name: text, isClusterScoped: node["clusterScope"]?.bool ?? false)
      guard known[reference] == nil else { return nil }
      let other = AnalysisTemplateReference(name: text, isClusterScoped: !reference.isClusterScoped)
      let near = NearestName.of(text, among: known.keys.map(\.name).sorted())
      return Diagnostic(
        "strategy.no-template", severity: .warning,
        "there is no \(reference.kind.rawValue) '\(Visible.text(text))' in the fleet: the wave will wait for a person",
        at: SourceLocation(file: set.origin.file, mark: name.mark),
        help: known[other] != nil
          ? "there is a \(other.kind.rawValue) of that name: say clusterScope: \(other.isClusterScoped)"
          : near.map { "did you mean '\($0)'?" })
    }
  }
}
