package import Manifest

/// Puts templates together into what a run measures (`utils/analysis`, NewAnalysisRunFromTemplates).
package struct AnalysisAssembly: Sendable {
  private let known: [AnalysisTemplateReference: AnalysisManifest]

  /// - Parameter templates: all that can be referred to; of two with one name the first counts.
  package init(_ templates: [AnalysisManifest]) {
    known = Dictionary(
      templates.filter { $0.kind != .run }.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Parameters:
  ///   - arguments: what the rollout or the user gives; names that no template declares are left out.
  ///   - allowsOpenArguments: whether arguments may be left without a value, to be given later.
  /// - Throws: ``Diagnostics`` `analysis.…`: a template that is not there, two metrics with one name, an argument with two
  ///   defaults, or without a value.
  package func spec(
    from references: [AnalysisTemplateReference], arguments: [AnalysisArgument], dryRun: [String] = [],
    measurementRetention: [MeasurementRetention] = [], allowsOpenArguments: Bool = false, at place: SourceLocation
  ) throws(Diagnostics) -> AnalysisSpec {
    let templates = try gathered(references, at: place)
    var spec = AnalysisSpec()
    var problems: [Diagnostic] = []
    var names: Set<String> = []
    for template in templates {
      for metric in template.spec.metrics {
        let name = metric["name"]?.string ?? ""
        if !names.insert(name).inserted {
          problems.append(
            Diagnostic(
              "analysis.duplicate-metric", "two metrics have the name '\(Visible.text(name))'",
              at: SourceLocation(file: template.origin.file, mark: metric.mark)))
        }
        spec.metrics.append(metric)
      }
      for argument in template.spec.args { Self.add(argument, of: template, to: &spec.args, &problems) }
    }
    spec.dryRun = dryRun + templates.flatMap(\.spec.dryRun)
    spec.measurementRetention = measurementRetention + templates.flatMap(\.spec.measurementRetention)
    Self.checkRules(spec, place, &problems)
    spec.args = Self.merged(arguments, into: spec.args)
    for argument in spec.args where argument.source == .none && !allowsOpenArguments {
      problems.append(
        Diagnostic(
          "analysis.unresolved-arg", "args.\(Visible.text(argument.name)) was not resolved", at: place,
          help: "give it a value"))
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    return spec
  }

  /// Namespaced templates come before those of the cluster; each is taken once.
  private func gathered(
    _ references: [AnalysisTemplateReference], at place: SourceLocation
  ) throws(Diagnostics) -> [AnalysisManifest] {
    var seen: Set<AnalysisTemplateReference> = []
    var found: [AnalysisManifest] = []
    var open = references.reversed() as [AnalysisTemplateReference]
    while let reference = open.popLast() {
      guard seen.insert(reference).inserted else { continue }
      guard let template = known[reference] else {
        let near = NearestName.of(reference.name, among: known.keys.map(\.name).sorted())
        throw Diagnostics(
          Diagnostic(
            "analysis.no-template", "there is no \(reference.kind.rawValue) '\(Visible.text(reference.name))'",
            at: place,
            help: near.map { "did you mean '\($0)'?" }))
      }
      found.append(template)
      open += template.spec.templates.reversed()
    }
    return found.filter { $0.kind == .template } + found.filter { $0.kind == .clusterTemplate }
  }

  private static func add(
    _ argument: AnalysisArgument, of template: AnalysisManifest, to args: inout [AnalysisArgument],
    _ problems: inout [Diagnostic]
  ) {
    guard let position = args.firstIndex(where: { $0.name == argument.name }) else { return args.append(argument) }
    switch (args[position].source, argument.source) {
    case (.value(let old), .value(let new)) where old != new:
      problems.append(
        Diagnostic(
          "analysis.two-defaults",
          "argument '\(Visible.text(argument.name))' is specified with two values: '\(Visible.text(old))' and "
            + "'\(Visible.text(new))'", at: SourceLocation(file: template.origin.file, mark: argument.mark)))
    case (.value, _): break
    default: args[position] = argument
    }
  }

  private static func checkRules(_ spec: AnalysisSpec, _ place: SourceLocation, _ problems: inout [Diagnostic]) {
    for (words, names) in [
      ("dryRun", spec.dryRun), ("measurementRetention", spec.measurementRetention.map(\.metricName)),
    ] {
      var seen: Set<String> = []
      for name in names where !seen.insert(name).inserted {
        problems.append(
          Diagnostic(
            "analysis.duplicate-rule", "two \(words) rules have the name '\(Visible.text(name))'", at: place))
      }
    }
  }

  private static func merged(_ given: [AnalysisArgument], into declared: [AnalysisArgument]) -> [AnalysisArgument] {
    var args = declared
    for argument in given where argument.source != .none {
      guard let position = args.firstIndex(where: { $0.name == argument.name }) else { continue }
      args[position].source = argument.source
    }
    return args
  }
}
