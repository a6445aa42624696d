import Kustomize
import Manifest

/// What a kustomization needs from elsewhere before it can be rendered to its end.
struct OutsideNeeds: Sendable {
  /// Where the files of something are: in the repository that is rendered, in another one, or in a chart that was fetched.
  enum Place: Sendable, Hashable {
    case own
    case base(RemoteReference)
    case chart(HelmChartReference)
  }

  /// A chart to render.
  struct Inflation: Sendable {
    var plan: HelmPlan
    var place: Place
    var location: SourceLocation
  }

  var bases: [RemoteReference] = []
  var charts: [HelmChartReference: SourceLocation] = [:]
  var inflations: [Inflation] = []

  var isEmpty: Bool { bases.isEmpty && charts.isEmpty && inflations.isEmpty }
  /// Whether a chart is about to be rendered.
  var asksForCluster: Bool { !inflations.isEmpty }
}

/// What is known of that so far.
struct OutsideAnswers: Sendable {
  struct Base: Sendable {
    var tree: any FileTree
    var commit: String
  }

  var bases: [RemoteReference: Base] = [:]
  var charts: [HelmChartReference: Helm.Chart] = [:]
  /// By the plan's digest, with the identity of the render.
  var inflations: [String: Rendered<Rendering>] = [:]
  /// Something did not answer, and what was last good stands in.
  var staleBecause: Failure?

  /// Whether any of it may be another thing by and by.
  var mayMove: Bool { !bases.isEmpty || charts.keys.contains { !$0.isPinned } }

  /// Equal texts mean equal answers.
  var identity: String {
    let lines =
      bases.map { "base \($0.key.text) \($0.value.commit)" } + charts.map { "chart \($0.key) \($0.value.identity)" }
      + inflations.map { "inflation \($0.key) \($0.value.identity)" }
    return lines.sorted().joined(separator: "\n")
  }
}
