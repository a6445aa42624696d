import Manifest

/// What makes analyses that a Rollout refers to ones that cannot be run (`validation_references.go`).
extension RolloutRules {
  static func problemOfAnalyses(_ scene: RolloutScene) -> String? {
    let uses = scene.rollout.analyses
    guard !uses.isEmpty else { return nil }
    if let reason = scene.unreadable[.run] { return "spec.strategy: Forbidden: \(refused(.run, reason))" }
    let known = Dictionary(scene.templates.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
    return uses.lazy.compactMap { problem(of: $0, known, scene) }.first
  }

  private static func refused(_ kind: AnalysisManifest.Kind, _ reason: String) -> String {
    "Muster may not read the \(kind.rawValue)s of the cluster: \(Visible.text(reason))"
  }

  private static func problem(
    of use: Rollout.AnalysisUse, _ known: [AnalysisTemplateReference: AnalysisManifest], _ scene: RolloutScene
  ) -> String? {
    var open = use.analysis.templates.reversed() as [AnalysisTemplateReference]
    var seen: Set<AnalysisTemplateReference> = []
    while let reference = open.popLast() {
      guard seen.insert(reference).inserted else { continue }
      if let reason = scene.unreadable[reference.kind] {
        return "\(use.place): Forbidden: \(refused(reference.kind, reason))"
      }
      let name = "\(reference.kind.rawValue) \(reference.name)"
      if let reason = scene.brokenTemplates[reference] {
        return invalid(use.place, reference.name, "\(name): \(Visible.text(reason))")
      }
      guard let template = known[reference] else {
        return invalid(use.place, reference.name, "\(reference.kind.rawValue) '\(reference.name)' not found")
      }
      if !use.isBackground, let problem = endlessMetric(in: template, use) { return problem }
      open += template.spec.templates.reversed()
    }
    return nil
  }

  /// What a step or a switch waits for has to come to an end.
  private static func endlessMetric(in template: AnalysisManifest, _ use: Rollout.AnalysisUse) -> String? {
    var values: [String: String] = [:]
    for argument in template.spec.args + use.analysis.args.map(AnalysisArgument.init) {
      if case .value(let value) = argument.source { values[argument.name] = value }
    }
    for metric in template.spec.metrics where isEndless(metric, values) {
      let count = metric["count"]?.value.scalarText ?? "<nil>"
      return invalid(
        use.place, template.name,
        "AnalysisTemplate \(template.name) has metric \(metric["name"]?.string ?? "") which runs indefinitely. "
          + "Invalid value for count: \(count)")
    }
    return nil
  }

  /// What an argument says that is not known yet is no reason to refuse it.
  private static func isEndless(_ metric: Node, _ values: [String: String]) -> Bool {
    var fields = Mapping()
    for field in ["interval", "count"] {
      guard let node = metric[field] else { continue }
      guard let filled = try? ArgumentText.filled(node, values) else { return false }
      fields[field] = filled
    }
    guard let limits = try? MetricLimits(.mapping(fields)) else { return false }
    return limits.effectiveCount == nil
  }
}
