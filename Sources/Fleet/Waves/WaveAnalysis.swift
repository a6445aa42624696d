package import Manifest

/// The analysis of a step, or of a whole rollout: which templates, with which arguments, and for whom.
package struct WaveAnalysis: Sendable, Equatable {
  package enum Scope: String, Sendable, CaseIterable {
    /// One run for each cluster, when it is verified.
    case cluster = "Cluster"
    /// One run for the clusters of the step, after its soak.
    case wave = "Wave"
    /// One run for all clusters of the rollout.
    case fleet = "Fleet"
  }

  package var scope: Scope
  package var templates: [AnalysisTemplateReference]
  package var arguments: [AnalysisArgument]
  /// Regular expressions of the names of metrics that do not count.
  package var dryRun: [String]
  /// From which step on an analysis beside the steps runs, counted from 0, as in a Rollout.
  package var startingStep: Int

  init?(_ node: Node, scope unsaid: Scope) {
    guard node.mapping != nil else { return nil }
    scope = node["scope"]?.string.flatMap(Scope.init) ?? unsaid
    templates = (node["templates"]?.sequence ?? []).compactMap { reference in
      reference["templateName"]?.string.map {
        AnalysisTemplateReference(name: $0, isClusterScoped: reference["clusterScope"]?.bool ?? false)
      }
    }
    arguments = (node["args"]?.sequence ?? []).map(AnalysisArgument.init)
    dryRun = (node["dryRun"]?.sequence ?? []).compactMap { $0["metricName"]?.string }
    startingStep = Int(clamping: max(0, node["startingStep"]?.int ?? 0))
  }

  /// The arguments with those that name a field replaced by its value.
  /// - Parameter context: `rollout`, `wave` and `target`, as docs/waves.md lists their fields.
  /// - Throws: ``ArgumentProblem`` for a field that is not there.
  package func resolved(in context: Node) throws(ArgumentProblem) -> [AnalysisArgument] {
    var resolved: [AnalysisArgument] = []
    for var argument in arguments {
      if case .field(let path) = argument.source {
        argument.source = .value(try FieldReference.value(of: path, in: context))
      }
      resolved.append(argument)
    }
    return resolved
  }

  /// The names of those metrics that nothing ends but their run: what waits for such a one waits for ever.
  /// - Parameter metrics: as they are written; what an argument says is not known here.
  package static func endless(_ metrics: [Node]) -> [String] {
    metrics.filter { metric in
      if metric["count"]?.string?.contains("{{") == true { return false }
      // What cannot be read is told of where it is read.
      guard let limits = try? MetricLimits(metric) else { return false }
      return limits.effectiveCount == nil && limits.consecutiveSuccessLimit == 0
    }.map { $0["name"]?.string ?? "" }
  }
}
