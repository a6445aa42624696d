package import Fleet
import Manifest

/// What a run of an analysis is made of.
package struct AnalysisRequest: Sendable {
  /// Used once: the run of this name, whatever became of it, answers a second request.
  package var name: String
  /// The name of what the run is for: its runs are listed and removed together.
  package var rollout: String
  package var templates: [AnalysisTemplateReference]
  /// Names that no template declares are left out. Fields of the rollout are put in by who asks.
  package var arguments: [AnalysisArgument]
  /// Regular expressions of the names of metrics that do not count.
  package var dryRun: [String]
  package var measurementRetention: [MeasurementRetention]
  /// Whether somebody waits for its end, so that every metric has to have one.
  package var mustEnd = false

  package init(
    name: String, rollout: String, templates: [AnalysisTemplateReference], arguments: [AnalysisArgument] = [],
    dryRun: [String] = [], measurementRetention: [MeasurementRetention] = []
  ) {
    self.name = name
    self.rollout = rollout
    self.templates = templates
    self.arguments = arguments
    self.dryRun = dryRun
    self.measurementRetention = measurementRetention
  }

  private static let maximumMetrics = 200
  private static let maximumBytes = 1 << 20

  /// What is measured, out of the templates that there are.
  /// - Throws: ``Diagnostics`` `analysis.…`: a template that is not there, an argument without a value, more than is
  ///   kept.
  func spec(_ known: [AnalysisManifest]) throws(Diagnostics) -> AnalysisSpec {
    let place = SourceLocation(file: "analysis \(Visible.text(name))")
    let spec = try AnalysisAssembly(known).spec(
      from: templates, arguments: arguments, dryRun: dryRun, measurementRetention: measurementRetention, at: place)
    var problems: [Diagnostic] = []
    for argument in spec.args {
      guard case .field(let path) = argument.source else { continue }
      problems.append(
        Diagnostic(
          "analysis.unresolved-arg",
          "args.\(Visible.text(argument.name)) names a field that is not known here: \(Visible.text(path))", at: place,
          help: "give it a value"))
    }
    for name in mustEnd ? WaveAnalysis.endless(spec.metrics) : [] {
      problems.append(
        Diagnostic(
          "analysis.endless", "metric '\(Visible.text(name))' has an interval and no count, so it never ends",
          at: place, help: "give it a count"))
    }
    if spec.metrics.count > Self.maximumMetrics {
      problems.append(
        Diagnostic("analysis.too-many-metrics", "a run has \(Self.maximumMetrics) metrics at most", at: place))
    }
    if JSON.write(spec.node).count > Self.maximumBytes {
      problems.append(
        Diagnostic("analysis.too-large", "the metrics of a run have \(Self.maximumBytes) bytes at most", at: place))
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return spec
  }
}
