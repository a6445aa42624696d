package import Fleet
package import Kustomize
package import Manifest

/// Renders charts with the `helm` command, where it is installed; each distinct render and each chart once.
package struct Helm: Sendable {
  /// Files of another source, which value files name by `$ref/…`.
  package struct Reference: Sendable {
    var name: String
    /// Which repository it is, for the cache.
    var repository: String
    /// The commit; nil where there is none.
    var version: String?
    var tree: any FileTree

    package init(name: String, repository: String, version: String? = nil, tree: any FileTree) {
      self.name = name
      self.repository = repository
      self.version = version
      self.tree = tree
    }
  }

  /// A chart from a chart repository.
  package struct Chart: Sendable {
    package var tree: any FileTree
    /// The version that was found.
    package var version: String
    /// What tells it from any other, for the cache.
    package var identity: String
    package var staleBecause: Failure?
  }

  let settings: HelmSettings
  let charts: HelmCharts
  let renders: HelmRenders
  private let plans = RenderCache<HelmPlan> { plan in plan.files.count * 160 + 1_024 }

  /// - Parameter access: finds credentials for chart repositories, by `https://host/path` for those of OCI too.
  package init(
    settings: HelmSettings = .ofEnvironment, access: @escaping GitAccessProvider = { _ in GitAccess() }
  ) {
    self.settings = settings
    let runner = HelmRunner(settings: settings, access: access)
    charts = HelmCharts(runner)
    renders = HelmRenders(runner)
  }

  /// Fetches a chart.
  /// - Throws: ``Failure`` `helm.…`
  func chart(_ reference: HelmChartReference, fresh: Bool) async throws -> Chart {
    let answer = try await charts.chart(reference, fresh: fresh)
    return Chart(
      tree: answer.chart.tree, version: answer.chart.version,
      identity: "\(reference.repository) \(reference.chart) \(answer.chart.digest)", staleBecause: answer.staleBecause)
  }

  /// Renders a plan that was made for `tree`.
  /// - Throws: ``Diagnostics`` of the chart, ``Failure`` `helm.…`.
  func render(_ plan: HelmPlan, of tree: any FileTree) async throws -> Rendered<Rendering> {
    try await renders.rendering(plan, JoinedFileTree([HelmPlanner.ownMount.text: tree]))
  }

  /// Fetches the chart that a source names.
  /// - Throws: ``Failure`` `source.chart`, `helm.…`
  package func chart(of source: ApplicationSource, fresh: Bool) async throws -> Chart {
    var passes = false
    if case .helm(let node) = source.tool { passes = node["passCredentials"]?.bool ?? false }
    return try await chart(try HelmChartReference(source, passesCredentials: passes), fresh: fresh)
  }

  /// One chart to render, and whence.
  package struct Request: Sendable {
    /// Of the Application, for the release where the source names none.
    package var application: Application
    /// With overrides and variables.
    package var source: ApplicationSource
    package var path: TreePath
    package var tree: any FileTree
    /// Which repository it is, for the cache; what a pulled chart's files are told apart by.
    package var repository: String
    /// The commit; nil where there is none.
    package var version: String?
    package var references: [Reference] = []
    package var cluster = ClusterCapabilities()

    package init(
      _ application: Application, _ source: ApplicationSource, at path: TreePath, of tree: any FileTree,
      repository: String, version: String?
    ) {
      self.application = application
      self.source = source
      self.path = path
      self.tree = tree
      self.repository = repository
      self.version = version
    }
  }

  /// - Throws: ``Diagnostics`` and ``Diagnostic`` of the chart, ``Failure`` `helm.…`, `source.helm-options`.
  package func render(_ request: Request) async throws -> Rendered<Rendering> {
    var node = Node.mapping(Mapping())
    if case .helm(let settings) = request.source.tool { node = settings }
    var planner = HelmPlanner(
      application: request.application.name, namespace: request.application.destination.namespace,
      options: try HelmOptions(node), path: request.path, cluster: request.cluster)
    // Ids of Git's files are good everywhere, those of a pulled chart only within it.
    if !request.source.chart.isEmpty { planner.origin = request.repository }
    var mounts = [HelmPlanner.ownMount.text: request.tree]
    for (position, reference) in request.references.enumerated() {
      let mount = HelmPlanner.referenceMount(position)
      mounts[mount] = reference.tree
      planner.references[reference.name] = TreePath(mount)
    }
    let joined = JoinedFileTree(mounts)
    let (settings, ready) = (settings, planner)
    let plan = try await plans.render(
      Self.key(request, node), version: Self.version(request), tree: joined
    ) { try ready.plan($0, joined: joined, settings) }
    return try await renders.rendering(plan.output, joined)
  }

  private static func key(_ request: Request, _ node: Node) -> RenderCache<HelmPlan>.Key {
    let texts =
      [
        request.path.text, request.application.name, request.application.destination.namespace,
        request.cluster.kubeVersion, request.cluster.apiVersions.joined(separator: ","),
      ] + request.references.flatMap { [$0.name, $0.repository] } + [JSON.text(node, .init(sortsKeys: true))]
    return .init(repository: request.repository, parameters: texts.joined(separator: "\n"))
  }

  private static func version(_ request: Request) -> String? {
    let versions = [request.version] + request.references.map(\.version)
    return versions.contains(nil) ? nil : versions.compactMap(\.self).joined(separator: " ")
  }
}
