package import Fleet
package import Kustomize
package import Manifest

/// Renders an Application from a checkout of its repository, as a hub would: with the files in its folders that override a source,
/// and the variables filled in. Charts are rendered by this machine's helm, for the cluster that the source speaks of.
package struct CheckoutRendering: Sendable {
  package typealias Body = @Sendable (any FileTree, TreePath, RenderOptions) throws -> Rendering

  let repository: any FileTree
  /// What distinguishes the checkout from others.
  let name: String
  let helm: Helm
  /// What all sources share: caches, and where remote bases come from.
  let options: RenderOptions
  /// Whether kustomizations may inflate charts.
  let inflatesCharts: Bool
  let body: Body

  /// - Parameter body: renders a folder; nil for the usual way.
  package init(
    _ repository: any FileTree, named name: String, helm: Helm = Helm(), options: RenderOptions = RenderOptions(),
    inflatesCharts: Bool = false, body: Body? = nil
  ) {
    self.repository = repository
    self.name = name
    self.helm = helm
    self.options = options
    self.inflatesCharts = inflatesCharts
    self.body = body ?? { try renderSource($0, at: $1, options: $2) }
  }

  /// - Parameter revision: what the checkout is at, for the variables; nil for what each source asks for.
  /// - Throws: ``Diagnostics`` of the files, ``Failure`` `source.…` and `helm.…`.
  package func render(_ application: Application, revision: String? = nil) async throws -> Rendering {
    var result = Rendering(documents: [], warnings: [])
    for source in application.sources where !source.isReference {
      let rendering = try await render(source, of: application, revision)
      result.documents += rendering.documents
      result.warnings += rendering.warnings
    }
    return result
  }

  private func render(
    _ source: ApplicationSource, of application: Application, _ revision: String?
  ) async throws -> Rendering {
    guard let path = TreePath(source.path) else {
      throw Diagnostic(
        "source.outside-root", "path '\(source.path)' leads outside of the repository",
        at: application.origin.map { SourceLocation(file: $0.file, mark: source.mark) })
    }
    let chart = source.chart.isEmpty ? nil : try await helm.chart(of: source, fresh: true)
    let tree: any FileTree = chart?.tree ?? repository
    let prepared = try PreparedSource(
      source, of: application, in: tree, at: path, revision: chart?.version ?? revision ?? source.targetRevision)
    guard prepared.isChart else {
      var all = try SourceOptions.render(prepared.source)
      (all.cache, all.bases, all.remotes) = (options.cache, options.bases, options.remotes)
      if inflatesCharts { all.charts = inflation(of: prepared.source) }
      let ready = all
      // It may wait for helm and for repositories.
      return try await RenderThreads.shared.run { try body(tree, path, ready) }
    }
    var request = Helm.Request(
      application, prepared.source, at: path, of: tree, repository: chart?.identity ?? name,
      version: chart?.version)
    request.references = prepared.references.sorted().map {
      .init(name: $0, repository: name, tree: repository)
    }
    return try await helm.render(request).output
  }

  private func inflation(of source: ApplicationSource) -> HelmInflation {
    guard case .kustomize(let node) = source.tool else { return HelmInflation(helm) }
    return HelmInflation(
      helm, kubeVersion: node["kubeVersion"]?.string ?? "",
      apiVersions: (node["apiVersions"]?.sequence ?? []).compactMap(\.string))
  }
}

extension CheckoutRendering {
  /// An Application as the hub's API gives it out.
  /// - Throws: ``Failure`` `source.elsewhere` where a checkout of one repository does not hold all that it is made from.
  package static func application(_ item: Node) throws(Failure) -> Application {
    let sources = item["sources"]?.sequence ?? [item["source"]].compactMap(\.self)
    let application = Application(
      [
        "apiVersion": .string("argoproj.io/v1alpha1"), "kind": .string(Application.kind),
        "metadata": .mapping(["name": item["name"] ?? .null]),
        "spec": .mapping([
          "project": item["project"] ?? .null, "sources": .sequence(sources),
          "destination": .mapping(["name": item["cluster"] ?? .null, "namespace": item["namespace"] ?? .null]),
        ]),
      ], origin: nil)
    let repositories = Set(application.sources.filter(\.chart.isEmpty).map(\.repoURL)).sorted()
    guard repositories.count <= 1 else {
      throw Failure(
        "source.elsewhere", subject: "application \(application.name)", stage: "render",
        "its sources are of several repositories (\(repositories.map(ShownAddress.of).joined(separator: ", "))), and a checkout holds one; compare a commit instead: --revision",
        retry: .never)
    }
    return application
  }
}
