package import Kustomize
package import Manifest

/// Charts of kustomizations by the `helm` command, while whoever renders waits: for a process that renders one thing.
package struct HelmInflation: ChartInflater {
  private let helm: Helm
  private let planner: KustomizeChartPlanner

  /// - Parameters:
  ///   - kubeVersion: where a kustomization names none; empty for helm's own.
  package init(_ helm: Helm, kubeVersion: String = "", apiVersions: [String] = []) {
    self.helm = helm
    planner = KustomizeChartPlanner(settings: helm.settings, kubeVersion: kubeVersion, apiVersions: apiVersions)
  }

  /// Waits for helm: call from ``RenderThreads``, not from the cooperative pool.
  package func documents(of chart: ChartRequest, in tree: any FileTree) throws -> [RenderedDocument] {
    switch chart.place {
    case .folder(let folder): return try render(try planner.plan(chart, folder, of: tree, origin: ""), of: tree)
    case .repository:
      let reference = try KustomizeChartPlanner.reference(chart)
      let pulled = try RenderThreads.waiting { [helm] in try await helm.chart(reference, fresh: true) }
      return try render(try planner.plan(chart, .root, of: pulled.tree, origin: pulled.identity), of: pulled.tree)
    }
  }

  private func render(_ plan: HelmPlan, of tree: any FileTree) throws -> [RenderedDocument] {
    try RenderThreads.waiting { [helm] in try await helm.render(plan, of: tree).output.documents }
  }
}
