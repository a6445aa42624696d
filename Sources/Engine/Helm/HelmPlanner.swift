import Fleet
import Manifest

/// Says what helm is to be given for one source: pure, but for what it reads of the trees.
struct HelmPlanner: Sendable {
  /// The names of trees that are joined for it.
  static let ownMount = TreePath("source") ?? .root

  static func referenceMount(_ position: Int) -> String { "ref-\(position)" }

  /// The name of the release where the source says none.
  var application: String
  /// Of the destination.
  var namespace: String
  var options: HelmOptions
  /// The chart's folder in its own tree.
  var path: TreePath
  /// Mounts by `ref`.
  var references: [String: TreePath] = [:]
  var cluster = ClusterCapabilities()
  /// What the ids of files are relative to; see ``HelmPlan``.
  var origin = ""

  /// - Parameter recorded: `joined`, or a recorder of it.
  /// - Throws: ``Diagnostic``, ``Diagnostics``: `helm.…`, `source.…`
  func plan(_ recorded: any FileTree, joined: JoinedFileTree, _ settings: HelmSettings) throws -> HelmPlan {
    let display: @Sendable (TreePath) -> String = { joined.display($0) }
    let chart = JoinedFileTree.outer(path, Self.ownMount)
    guard let chartFile = chart.appending("Chart.yaml"), case .file? = try? recorded.entry(at: chartFile) else {
      throw Diagnostic(
        "helm.no-chart", "there is no Chart.yaml, but the source has helm settings",
        at: SourceLocation(file: display(chart)))
    }
    var files = HelmChartFiles(recorded, settings, display: display)
    try files.addChart(chart, repository: Self.ownMount)
    let finder = HelmValueFile(
      tree: recorded, display: display, repository: Self.ownMount, chart: chart, references: references,
      schemes: settings.valueFileSchemes, ignoresMissing: options.ignoresMissingValueFiles)
    let template = try template(finder, display(chartFile))
    for case .file(let path) in template.valueFiles + template.fileParameters.map(\.file) { try files.addFile(path) }
    return HelmPlan(
      files: files.files, chart: chart, display: display(chart), template: template,
      repositories: files.repositories, passesCredentials: options.passesCredentials, origin: origin)
  }

  private func template(_ finder: HelmValueFile, _ chartFile: String) throws -> HelmTemplate {
    var template = HelmTemplate(releaseName: options.releaseName.isEmpty ? application : options.releaseName)
    guard HelmTemplate.isReleaseName(template.releaseName) else {
      throw Diagnostic(
        "helm.release-name", "helm does not accept '\(Visible.text(template.releaseName))' as the name of a release",
        at: SourceLocation(file: chartFile),
        help:
          "set helm.releaseName: at most 53 lower-case letters, digits, '-' and '.'; it is the application's name otherwise"
      )
    }
    template.namespace = options.namespace.isEmpty ? namespace : options.namespace
    let version = options.kubeVersion.isEmpty ? cluster.kubeVersion : options.kubeVersion
    if !version.isEmpty {
      guard let plain = HelmTemplate.plainVersion(version) else {
        throw Diagnostic(
          "helm.kube-version", "'\(Visible.text(version))' is no version of Kubernetes",
          at: SourceLocation(file: chartFile), help: "such as 1.33.2")
      }
      template.kubeVersion = plain
    }
    template.apiVersions = options.apiVersions.isEmpty ? cluster.apiVersions : options.apiVersions
    template.parameters = options.parameters.filter { !$0.forcesString } + options.parameters.filter(\.forcesString)
    template.fileParameters = try options.fileParameters.map { parameter in
      .init(name: parameter.name, file: try finder.resolveOne(parameter.value))
    }
    template.valueFiles = try finder.resolve(options.valueFiles)
    template.values = options.values
    template.skipsCRDs = options.skipsCRDs
    template.skipsTests = options.skipsTests
    template.skipsSchemaValidation = options.skipsSchemaValidation
    return template
  }
}
