import Fleet
import Kustomize
import Manifest

/// Says what helm is to be given for a chart inside of a kustomization: pure, but for what it reads of the tree.
struct KustomizeChartPlanner: Sendable {
  /// What `helm template` calls a release without a name. kustomize has helm make one up, another one with each run.
  static let unnamed = "release-name"

  var settings: HelmSettings
  /// Of the Application, or of the cluster, where the kustomization names none.
  private(set) var kubeVersion = ""
  private(set) var apiVersions: [String] = []
  /// Whether both say what there is to say.
  private(set) var knowsCluster = false

  init(settings: HelmSettings, kubeVersion: String = "", apiVersions: [String] = []) {
    self.settings = settings
    self.kubeVersion = kubeVersion
    self.apiVersions = apiVersions
  }

  /// Takes what the source says of the cluster, else what the cluster says itself (Argo CD's `kustomize.kubeVersion` and
  /// `kustomize.apiVersions`).
  mutating func take(_ source: ApplicationSource, _ cluster: ClusterCapabilities) {
    var node = Node.mapping([:])
    if case .kustomize(let settings) = source.tool { node = settings }
    let version = node["kubeVersion"]?.string ?? ""
    let versions = (node["apiVersions"]?.sequence ?? []).compactMap(\.string)
    kubeVersion = version.isEmpty ? cluster.kubeVersion : version
    apiVersions = versions.isEmpty ? cluster.apiVersions : versions
    knowsCluster = true
  }

  /// - Parameter origin: what the files' ids are relative to: nothing for Git's, a chart's place for a pulled one.
  /// - Throws: ``Diagnostic``, ``Diagnostics``: `helm.…`
  func plan(_ request: ChartRequest, _ folder: TreePath, of tree: any FileTree, origin: String) throws -> HelmPlan {
    let joined = JoinedFileTree([HelmPlanner.ownMount.text: tree])
    let display: @Sendable (TreePath) -> String = { joined.display($0) }
    let chart = JoinedFileTree.outer(folder, HelmPlanner.ownMount)
    guard let chartFile = chart.appending("Chart.yaml"), case .file? = try? joined.entry(at: chartFile) else {
      throw Diagnostic(
        "helm.no-chart", "there is no Chart.yaml in '\(display(chart))'", at: request.location,
        help: "put the chart '\(request.name)' there, or name a 'repo' to fetch it from")
    }
    var files = HelmChartFiles(joined, settings, display: display)
    try files.addChart(chart, repository: HelmPlanner.ownMount)
    let template = try template(request, chart, files)
    return HelmPlan(
      files: files.files, chart: chart, display: display(chart), template: template,
      repositories: files.repositories, passesCredentials: false, origin: origin)
  }

  private func template(_ request: ChartRequest, _ chart: TreePath, _ files: HelmChartFiles) throws -> HelmTemplate {
    let name = request.releaseName.isEmpty ? Self.unnamed : request.releaseName
    guard HelmTemplate.isReleaseName(name) else {
      throw Diagnostic(
        "helm.release-name", "helm does not accept '\(Visible.text(name))' as the name of a release",
        at: request.location, help: "at most 53 lower-case letters, digits, '-' and '.'")
    }
    var template = HelmTemplate(releaseName: name)
    if !request.nameTemplate.isEmpty {
      guard request.releaseName.isEmpty else {
        throw Diagnostic(
          "helm.release-name", "give either 'releaseName' or 'nameTemplate'", at: request.location)
      }
      template.nameTemplate = request.nameTemplate
    }
    template.namespace = request.namespace
    let version = request.kubeVersion.isEmpty ? kubeVersion : request.kubeVersion
    if !version.isEmpty {
      guard let plain = HelmTemplate.plainVersion(version) else {
        throw Diagnostic(
          "helm.kube-version", "'\(Visible.text(version))' is no version of Kubernetes", at: request.location,
          help: "such as 1.33.2")
      }
      template.kubeVersion = plain
    }
    template.apiVersions = request.apiVersions.isEmpty ? apiVersions : request.apiVersions
    template.valueFiles = values(request, chart, files)
    template.skipsCRDs = !request.includesCRDs
    template.skipsHooks = request.skipsHooks
    template.skipsTests = request.skipsTests
    return template
  }

  private func values(
    _ request: ChartRequest, _ chart: TreePath, _ files: HelmChartFiles
  ) -> [HelmTemplate.ValueFile] {
    request.values.compactMap { values in
      switch values {
      case .text(let text): return .text(text)
      case .chart:
        // A chart need not have any.
        guard let file = chart.appending("values.yaml"), files.files.contains(where: { $0.path == file }) else {
          return nil
        }
        return .file(file)
      }
    }
  }

  /// The chart in its repository; the newest where no version is named.
  /// - Throws: ``Failure`` `source.chart`
  static func reference(_ request: ChartRequest) throws(Failure) -> HelmChartReference {
    var node = Mapping()
    node["chart"] = .string(request.name)
    if case .repository(let address, let version, let isDevel) = request.place {
      node["repoURL"] = .string(address)
      // What `--devel` stands for (https://helm.sh/docs/helm/helm_pull/).
      node["targetRevision"] = .string(version.isEmpty ? (isDevel ? ">0.0.0-0" : "*") : version)
    }
    return try HelmChartReference(ApplicationSource(.mapping(node)))
  }
}
