package import Fleet
package import Manifest

/// A source as it is to be rendered: overridden by what stands in its folder, and with the variables filled in.
package struct PreparedSource: Sendable {
  package let source: ApplicationSource
  /// It is for helm.
  package let isChart: Bool
  /// Names of other sources whose files it reads.
  package let references: Set<String>
  /// Another Application of the same sources may render otherwise.
  package let isParticular: Bool

  /// - Parameters:
  ///   - tree: of the source, whose folder says what tool it is for.
  ///   - revision: the commit, or the version of the chart.
  /// - Throws: ``Diagnostics`` of override files.
  package init(
    _ source: ApplicationSource, of application: Application, in tree: any FileTree, at path: TreePath,
    revision: String,
    cluster: ClusterCapabilities = ClusterCapabilities()
  ) throws {
    self.init(source, of: application, try SourceFolder(tree, at: path), revision: revision, cluster: cluster)
  }

  init(
    _ source: ApplicationSource, of application: Application, _ folder: SourceFolder, revision: String,
    cluster: ClusterCapabilities
  ) {
    let overridden = folder.overriding(source, of: application.name)
    let known = Set(application.sources.map(\.ref)).subtracting([""])
    let environment = BuildEnvironment(application, overridden, revision: revision, cluster: cluster)
    var prepared = overridden
    prepared.tool = environment.substitute(overridden.tool, references: known)
    self.source = prepared
    var needs: Set<String> = []
    var namesRelease = false
    switch prepared.tool {
    case .helm(let node):
      isChart = true
      let files =
        (node["valueFiles"]?.sequence ?? []) + (node["fileParameters"]?.sequence ?? []).compactMap { $0["path"] }
      namesRelease = node["releaseName"]?.string?.isEmpty == false
      needs = Set(files.compactMap { $0.string.flatMap(HelmValueFile.referenceName) }).intersection(known)
    case nil: isChart = !source.chart.isEmpty || folder.isChart
    case .kustomize, .directory, .plugin: isChart = !source.chart.isEmpty
    }
    references = needs
    isParticular = isChart && !namesRelease || folder.isParticular || prepared.tool != overridden.tool
  }
}
